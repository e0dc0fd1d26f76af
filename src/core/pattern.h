/* Regular expressions (PCRE2) on lines, with limits on what they may take. */
#ifndef DATAMAESTRO_PATTERN_H
#define DATAMAESTRO_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datamaestro/error.h"

struct dm_pattern; /* freed by dm_pattern_close */

/* What is searched. */
struct dm_pattern_subject {
  const char *bytes;
  size_t size;
  bool is_checked; /* whether it is UTF-8 is known */
  bool is_text;    /* it is */
  /* Of long ones, since all of their searches together are limited. */
  int64_t until; /* nanoseconds of this thread's processor time; 0: not yet set */
  size_t window; /* starting places that are tried at once */
  unsigned searches;
};

/* Compiles and copies. What is no pattern is DM_ERROR_USAGE. */
int dm_pattern_open(struct dm_pattern **pattern, const char *text, struct dm_error *err);

/* As it was written. */
const char *dm_pattern_text(const struct dm_pattern *pattern);

/* The number of its groups, and of the group of that name; -1 when there is none, or more than one. */
unsigned dm_pattern_groups(const struct dm_pattern *pattern);
int dm_pattern_group_named(const struct dm_pattern *pattern, const char *name);

/* Searches from `start` on: 1; 0 when nothing is found; -1 with `*fault`, words for a message, when it takes
 * too much. With `here_not_empty`, only what begins there and is not empty is found. */
int dm_pattern_find(struct dm_pattern *pattern, struct dm_pattern_subject *subject, size_t start,
                    bool here_not_empty, const char **fault);

/* Where the group (0: all) of the last match begins and ends, false when it did not take part. */
bool dm_pattern_group(const struct dm_pattern *pattern, unsigned group, size_t *start, size_t *end);

/* Frees; NULL is fine. */
void dm_pattern_close(struct dm_pattern *pattern);

#endif
