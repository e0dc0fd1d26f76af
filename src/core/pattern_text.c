#include "pattern_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datamaestro/printable.h"

enum { NAME_SIZE = 64 }; /* more than the 32 characters of a name in PCRE2 */

struct piece {
  const char *bytes; /* NULL: a group */
  size_t size;
  unsigned group;
};

struct dm_pattern_text {
  char *with;
  size_t count;
  struct piece pieces[];
};

static int fail_text(const char *with, const char *at, const char *words, struct dm_error *err) {
  char shown[512];
  return dm_error_set(err, DM_ERROR_USAGE, "'%s': %s at %zu",
                      dm_printable_text(shown, sizeof shown, with, strlen(with)), words,
                      (size_t)(at - with) + 1);
}

static bool is_name(char character) {
  return isalnum((unsigned char)character) != 0 || character == '_';
}

static bool is_digits(const char *name) {
  return name[strspn(name, "0123456789")] == '\0';
}

/* Reads the name behind a dollar sign, with its braces or not; what comes behind it, or NULL. A number
 * without braces ends with its digits. */
static const char *read_name(const char *next, char name[NAME_SIZE]) {
  bool braced = *next == '{';
  next += braced;
  size_t size = strspn(next, "0123456789");
  if (size == 0 || braced)
    while (is_name(next[size]))
      size++;
  if (size == 0 || size >= NAME_SIZE || (braced && next[size] != '}'))
    return NULL;
  memcpy(name, next, size);
  name[size] = '\0';
  return next + size + braced;
}

/* The number of a group, or -1 with `words` filled. */
static int find_group(const struct dm_pattern *pattern, const char *name, char words[256]) {
  unsigned groups = dm_pattern_groups(pattern);
  unsigned long number = is_digits(name) ? strtoul(name, NULL, 10) : 0;
  if (is_digits(name) && number <= groups)
    return (int)number;
  int group = is_digits(name) ? -1 : dm_pattern_group_named(pattern, name);
  if (group < 0 && is_digits(name))
    (void)snprintf(words, 256, "group %s (the pattern has %u)", name, groups);
  else if (group < 0)
    (void)snprintf(words, 256, "group '%s' (one with this name in the pattern expected)", name);
  return group;
}

static int add_group(struct dm_pattern_text *text, const struct dm_pattern *pattern, const char *dollar,
                     const char **next, struct dm_error *err) {
  char name[NAME_SIZE];
  char words[256];
  *next = read_name(dollar + 1, name);
  if (*next == NULL)
    return fail_text(text->with, dollar, "a dollar sign ($1, ${name}, or $$ for itself expected)", err);
  int group = find_group(pattern, name, words);
  if (group < 0)
    return fail_text(text->with, dollar, words, err);
  text->pieces[text->count++] = (struct piece){.group = (unsigned)group};
  return 0;
}

static int compile(struct dm_pattern_text *text, const struct dm_pattern *pattern, struct dm_error *err) {
  for (const char *next = text->with; *next != '\0';) {
    size_t size = strcspn(next, "$\\");
    if (size > 0) {
      text->pieces[text->count++] = (struct piece){next, size, 0};
      next += size;
    } else if (next[0] == '\\' && (isdigit((unsigned char)next[1]) || strncmp(next + 1, "g<", 2) == 0)) {
      return fail_text(text->with, next, "a backslash before a group ($1 or ${name} expected)", err);
    } else if (next[0] == '\\' || next[1] == '$') {
      text->pieces[text->count++] = (struct piece){next, 1, 0};
      next += next[0] == '\\' ? 1 : 2;
    } else if (add_group(text, pattern, next, &next, err) != 0)
      return -1;
  }
  return 0;
}

int dm_pattern_text_open(struct dm_pattern_text **text, const struct dm_pattern *pattern, const char *with,
                         struct dm_error *err) {
  struct dm_pattern_text *fresh = calloc(1, sizeof *fresh + strlen(with) * sizeof fresh->pieces[0]);
  *text = NULL;
  if (fresh == NULL || (fresh->with = strdup(with)) == NULL) {
    free(fresh);
    return dm_error_errno(err, ENOMEM, "replacement");
  }
  if (compile(fresh, pattern, err) != 0) {
    dm_pattern_text_close(fresh);
    return -1;
  }
  *text = fresh;
  return 0;
}

void dm_pattern_text_add(const struct dm_pattern_text *text, const struct dm_pattern *pattern,
                         const char *bytes, size_t limit, struct dm_buffer *out) {
  for (size_t i = 0; i < text->count && out->size <= limit; i++) {
    const struct piece *piece = &text->pieces[i];
    size_t start = 0;
    size_t end = 0;
    if (piece->bytes != NULL)
      dm_buffer_add(out, piece->bytes, piece->size);
    else if (dm_pattern_group(pattern, piece->group, &start, &end))
      dm_buffer_add(out, bytes + start, end - start);
  }
}

void dm_pattern_text_close(struct dm_pattern_text *text) {
  if (text == NULL)
    return;
  free(text->with);
  free(text);
}
