#include "glob.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "datamaestro/printable.h"
#include "glob_part.h"

enum part_kind {
  PART_TEXT,    /* the part itself */
  PART_WILD,    /* a pattern of it */
  PART_ONE,     /* any part */
  PART_FOLDERS, /* any number of parts */
};

struct part {
  enum part_kind kind;
  const char *bytes;
  size_t size;
};

enum { FURTHER = 2 }; /* parts behind the last one: "all that is in it" */

struct dm_glob {
  char *text;
  char *bytes; /* of the parts */
  bool folder; /* ends in a slash */
  bool whole;  /* means what is in a folder, too */
  bool wild;
  size_t count;
  struct part parts[]; /* and FURTHER more */
};

bool dm_glob_part(const char **next, const char **part, size_t *size) {
  do {
    *next += strspn(*next, "/");
    *part = *next;
    *size = strcspn(*next, "/");
    *next += *size;
  } while (*size == 1 && **part == '.');
  return *size > 0;
}

static const char *add_part(struct dm_glob *glob, char *bytes, size_t size) {
  struct part *part = &glob->parts[glob->count++];
  const char *fault = dm_glob_part_fault(bytes, size);
  *part = (struct part){PART_WILD, bytes, size};
  if (size == 2 && memcmp(bytes, "**", 2) == 0)
    part->kind = PART_FOLDERS;
  else if (!dm_glob_part_is_wild(bytes, size))
    *part = (struct part){PART_TEXT, bytes, dm_glob_part_unquote(bytes, size)};
  glob->wild = glob->wild || part->kind != PART_TEXT;
  return fault;
}

/* What is meant by "a/" and "a/" and "**" behind it: the last `**` stands for one part at least. */
static void end_parts(struct dm_glob *glob) {
  if (glob->parts[glob->count - 1].kind == PART_FOLDERS)
    glob->parts[glob->count++] = (struct part){.kind = PART_ONE};
  glob->whole = glob->folder || glob->parts[glob->count - 1].kind == PART_TEXT;
  glob->parts[glob->count] = (struct part){.kind = PART_FOLDERS};
  glob->parts[glob->count + 1] = (struct part){.kind = PART_ONE};
}

static const char *compile(struct dm_glob *glob) {
  const char *next = glob->bytes;
  const char *part = NULL;
  const char *fault = glob->bytes[0] == '/' ? "an absolute path (relative one expected)" : NULL;
  size_t size = 0;
  while (fault == NULL && dm_glob_part(&next, &part, &size))
    fault = add_part(glob, glob->bytes + (part - glob->bytes), size);
  if (fault == NULL && glob->count == 0)
    fault = "names nothing (name or pattern expected)";
  glob->folder = part != NULL && next > glob->bytes && next[-1] == '/';
  if (fault == NULL)
    end_parts(glob);
  return fault;
}

int dm_glob_open(struct dm_glob **glob, const char *pattern, struct dm_error *err) {
  char shown[256];
  size_t length = strlen(pattern);
  *glob = NULL;
  struct dm_glob *fresh = calloc(1, sizeof *fresh + (length / 2 + 2 + FURTHER) * sizeof *fresh->parts);
  if (fresh == NULL || (fresh->text = strdup(pattern)) == NULL || (fresh->bytes = strdup(pattern)) == NULL) {
    dm_glob_close(fresh);
    return dm_error_errno(err, ENOMEM, pattern);
  }
  const char *fault = compile(fresh);
  if (fault != NULL) {
    dm_glob_close(fresh);
    return dm_error_set(err, DM_ERROR_USAGE, "'%s': %s",
                        dm_printable_text(shown, sizeof shown, pattern, length), fault);
  }
  *glob = fresh;
  return 0;
}

static bool part_matches(const struct part *part, const char *bytes, size_t size) {
  if (part->kind == PART_TEXT)
    return part->size == size && memcmp(part->bytes, bytes, size) == 0;
  return part->kind == PART_ONE || dm_glob_part_matches(part->bytes, part->size, bytes, size);
}

/* As dm_glob_part_matches: only the last `**` needs to be tried again. */
static bool matches(const struct part *parts, size_t count, const char *name) {
  size_t at = 0;
  size_t again = SIZE_MAX; /* behind the last `**` */
  const char *behind = NULL;
  const char *part = NULL;
  size_t size = 0;
  for (;;) {
    const char *after = name;
    if (at < count && parts[at].kind == PART_FOLDERS) {
      again = ++at;
      behind = name;
      continue;
    }
    bool more = dm_glob_part(&after, &part, &size);
    if (!more)
      return at == count;
    if (at < count && part_matches(&parts[at], part, size)) {
      at++;
      name = after;
    } else if (again == SIZE_MAX) {
      return false;
    } else {
      (void)dm_glob_part(&behind, &part, &size);
      name = behind;
      at = again;
    }
  }
}

bool dm_glob_matches(const struct dm_glob *glob, const char *name, bool is_folder) {
  bool last_is_wild = glob->parts[glob->count - 1].kind == PART_WILD;
  bool may_be_it = is_folder ? glob->folder || !last_is_wild : !glob->folder;
  return (may_be_it && matches(glob->parts, glob->count, name)) ||
         (glob->whole && matches(glob->parts, glob->count + FURTHER, name));
}

bool dm_glob_resembles(const struct dm_glob *glob, const char *part, size_t size) {
  const struct part *last = &glob->parts[glob->count - 1];
  if (last->kind == PART_TEXT)
    return last->size == size && strncasecmp(last->bytes, part, size) == 0;
  return last->kind == PART_WILD && part_matches(last, part, size);
}

bool dm_glob_is_wild(const struct dm_glob *glob) {
  return glob->wild;
}

const char *dm_glob_text(const struct dm_glob *glob) {
  return glob->text;
}

void dm_glob_close(struct dm_glob *glob) {
  if (glob == NULL)
    return;
  free(glob->text);
  free(glob->bytes);
  free(glob);
}
