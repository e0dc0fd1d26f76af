#include "datamaestro/rewrite.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "datamaestro/buffer.h"
#include "datamaestro/printable.h"
#include "pattern_text.h"

enum { BLOCK = 64 * 1024 }; /* bytes of rewritten lines from which on they are handed out */

struct rule {
  struct dm_pattern *pattern;
  struct dm_pattern_text *with; /* NULL: a filter */
};

struct dm_rewrite {
  struct dm_reader reader;
  struct dm_reader *source;
  char *subject;
  const unsigned char *in; /* what is left of the source's last piece */
  size_t in_size;
  bool ended;
  bool failed;
  struct dm_error failure;   /* when `failed` */
  uint64_t number;           /* of the line at hand, from 1 */
  struct dm_buffer lines[2]; /* the line at hand, and what it is becoming */
  struct dm_buffer out;
  size_t count;
  struct rule rules[];
};

static int fail_line(const struct dm_rewrite *rewrite, enum dm_error_code code, const char *words,
                     struct dm_error *err) {
  return dm_error_set(err, code, "%s: line %" PRIu64 ": %s", rewrite->subject, rewrite->number, words);
}

/* Adds bytes to a line, which may not be too long. */
static int add(struct dm_rewrite *rewrite, struct dm_buffer *line, const void *bytes, size_t size,
               struct dm_error *err) {
  if (line->size + size > DM_REWRITE_LINE)
    return fail_line(rewrite, DM_ERROR_FORMAT, "over 64 MiB (shorter line expected)", err);
  dm_buffer_add(line, bytes, size);
  return dm_buffer_check(line, err);
}

/* PCRE2's JIT looks at whole vectors: it finds zeros behind a line, and nothing that was never written. */
static int pad(struct dm_buffer *line, struct dm_error *err) {
  static const char zeros[64];
  dm_buffer_add(line, zeros, sizeof zeros);
  if (dm_buffer_check(line, err) != 0)
    return -1;
  line->size -= sizeof zeros;
  return 0;
}

/* Reads the next line with its end: 1, or 0 at the end, or -1. */
static int take_line(struct dm_rewrite *rewrite, struct dm_error *err) {
  struct dm_buffer *line = &rewrite->lines[0];
  line->size = 0;
  rewrite->number++;
  for (;;) {
    if (rewrite->in_size == 0 && !rewrite->ended) {
      if (rewrite->source->next(rewrite->source, &rewrite->in, &rewrite->in_size, err) != 0)
        return -1;
      rewrite->ended = rewrite->in_size == 0;
    }
    if (rewrite->ended)
      return line->size > 0;
    const unsigned char *end = memchr(rewrite->in, '\n', rewrite->in_size);
    size_t size = end != NULL ? (size_t)(end - rewrite->in) + 1 : rewrite->in_size;
    if (add(rewrite, line, rewrite->in, size, err) != 0)
      return -1;
    rewrite->in += size;
    rewrite->in_size -= size;
    if (end != NULL)
      return 1;
  }
}

static size_t end_size(const struct dm_buffer *line) {
  const char *end = line->bytes + line->size;
  if (line->size == 0 || end[-1] != '\n')
    return 0;
  return line->size > 1 && end[-2] == '\r' ? 2 : 1;
}

static int fail_pattern(const struct dm_rewrite *rewrite, const struct rule *rule, const char *fault,
                        struct dm_error *err) {
  char shown[512];
  const char *text = dm_pattern_text(rule->pattern);
  return dm_error_set(err, DM_ERROR, "%s: line %" PRIu64 ": '%s' %s", rewrite->subject, rewrite->number,
                      dm_printable_text(shown, sizeof shown, text, strlen(text)), fault);
}

/* Copies what stands between two matches. */
static int keep(struct dm_rewrite *rewrite, const struct dm_pattern_subject *line, size_t from, size_t to,
                struct dm_error *err) {
  return to > from ? add(rewrite, &rewrite->lines[1], line->bytes + from, to - from, err) : 0;
}

static size_t character_size(const struct dm_pattern_subject *line, size_t at) {
  size_t size = 1;
  while (line->is_text && at + size < line->size && ((unsigned char)line->bytes[at + size] & 0xc0) == 0x80)
    size++;
  return size;
}

/* Replaces all matches, the first of which was found. Where a match was empty, another one that is not may
 * begin at the same place; else the search goes on a character later, so that it ends. */
static int replace(struct dm_rewrite *rewrite, const struct rule *rule, struct dm_pattern_subject *line,
                   struct dm_error *err) {
  const char *fault = NULL;
  size_t copied = 0;
  int status = 1;
  rewrite->lines[1].size = 0;
  while (status > 0) {
    size_t start = 0;
    size_t end = 0;
    if (!dm_pattern_group(rule->pattern, 0, &start, &end) || start < copied)
      return fail_pattern(rewrite, rule, "matches backwards (other pattern expected)", err);
    if (keep(rewrite, line, copied, start, err) != 0)
      return -1;
    dm_pattern_text_add(rule->with, rule->pattern, line->bytes, DM_REWRITE_LINE, &rewrite->lines[1]);
    if (add(rewrite, &rewrite->lines[1], "", 0, err) != 0) /* which looks at its size */
      return -1;
    copied = end;
    status = 0;
    if (start == end)
      status = dm_pattern_find(rule->pattern, line, end, true, &fault);
    if (status == 0 && (start < end || end < line->size)) {
      size_t from = start < end ? end : end + character_size(line, end);
      status = dm_pattern_find(rule->pattern, line, from, false, &fault);
    }
  }
  if (status < 0)
    return fail_pattern(rewrite, rule, fault, err);
  return keep(rewrite, line, copied, line->size, err);
}

/* Applies one rule to the line at hand, the first `*size` bytes of which are not its end: 1, or 0 when it is
 * left out, or -1. */
static int apply(struct dm_rewrite *rewrite, const struct rule *rule, size_t *size, struct dm_error *err) {
  const char *fault = NULL;
  struct dm_buffer *line = &rewrite->lines[0];
  struct dm_pattern_subject subject = {.bytes = *size > 0 ? line->bytes : "", .size = *size};
  int found = dm_pattern_find(rule->pattern, &subject, 0, false, &fault);
  if (found < 0)
    return fail_pattern(rewrite, rule, fault, err);
  if (rule->with == NULL || found == 0)
    return rule->with != NULL || found > 0;
  if (replace(rewrite, rule, &subject, err) != 0)
    return -1;
  size_t replaced = rewrite->lines[1].size;
  size_t end = line->size - *size;
  if (end > 0 && add(rewrite, &rewrite->lines[1], line->bytes + *size, end, err) != 0)
    return -1;
  struct dm_buffer before = *line;
  *line = rewrite->lines[1];
  rewrite->lines[1] = before;
  *size = replaced;
  return 1;
}

static int rewrite_line(struct dm_rewrite *rewrite, struct dm_error *err) {
  size_t size = rewrite->lines[0].size - end_size(&rewrite->lines[0]);
  for (size_t i = 0; i < rewrite->count; i++) {
    if (pad(&rewrite->lines[0], err) != 0)
      return -1;
    int status = apply(rewrite, &rewrite->rules[i], &size, err);
    if (status <= 0)
      return status;
  }
  dm_buffer_add(&rewrite->out, rewrite->lines[0].bytes, rewrite->lines[0].size);
  return dm_buffer_check(&rewrite->out, err);
}

static int fill(struct dm_rewrite *rewrite, struct dm_error *err) {
  int status = 1;
  rewrite->out.size = 0;
  while (rewrite->out.size < BLOCK && (status = take_line(rewrite, err)) > 0)
    if (rewrite_line(rewrite, err) != 0)
      return -1;
  return status < 0 ? -1 : 0;
}

static int next(struct dm_reader *reader, const unsigned char **bytes, size_t *size, struct dm_error *err) {
  struct dm_rewrite *rewrite = (struct dm_rewrite *)reader;
  if (!rewrite->failed && fill(rewrite, &rewrite->failure) != 0)
    rewrite->failed = true;
  *bytes = (const unsigned char *)rewrite->out.bytes;
  *size = rewrite->failed ? 0 : rewrite->out.size;
  if (!rewrite->failed)
    return 0;
  *err = rewrite->failure;
  return -1;
}

int dm_rewrite_open(struct dm_rewrite **rewrite, const struct dm_rewrite_rule *rules, size_t count,
                    struct dm_error *err) {
  struct dm_rewrite *fresh = calloc(1, sizeof *fresh + count * sizeof fresh->rules[0]);
  *rewrite = NULL;
  if (fresh == NULL)
    return dm_error_errno(err, ENOMEM, "lines");
  fresh->reader.next = next;
  fresh->count = count;
  int status = 0;
  for (size_t i = 0; i < count && status == 0; i++) {
    struct rule *rule = &fresh->rules[i];
    status = dm_pattern_open(&rule->pattern, rules[i].pattern, err);
    if (status == 0 && rules[i].with != NULL)
      status = dm_pattern_text_open(&rule->with, rule->pattern, rules[i].with, err);
  }
  if (status != 0)
    dm_rewrite_close(fresh);
  else
    *rewrite = fresh;
  return status;
}

int dm_rewrite_begin(struct dm_rewrite *rewrite, struct dm_reader *source, const char *subject,
                     struct dm_error *err) {
  free(rewrite->subject);
  rewrite->subject = strdup(subject);
  if (rewrite->subject == NULL)
    return dm_error_errno(err, ENOMEM, subject);
  rewrite->source = source;
  rewrite->in_size = 0;
  rewrite->ended = false;
  rewrite->failed = false;
  rewrite->number = 0;
  return 0;
}

struct dm_reader *dm_rewrite_reader(struct dm_rewrite *rewrite) {
  return &rewrite->reader;
}

void dm_rewrite_close(struct dm_rewrite *rewrite) {
  if (rewrite == NULL)
    return;
  for (size_t i = 0; i < rewrite->count; i++) {
    dm_pattern_close(rewrite->rules[i].pattern);
    dm_pattern_text_close(rewrite->rules[i].with);
  }
  dm_buffer_close(&rewrite->lines[0]);
  dm_buffer_close(&rewrite->lines[1]);
  dm_buffer_close(&rewrite->out);
  free(rewrite->subject);
  free(rewrite);
}
