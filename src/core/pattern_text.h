/* What replaces a match: text with groups of the pattern in it. */
#ifndef DATAMAESTRO_PATTERN_TEXT_H
#define DATAMAESTRO_PATTERN_TEXT_H

#include "datamaestro/buffer.h"
#include "pattern.h"

struct dm_pattern_text; /* freed by dm_pattern_text_close */

/* Reads `$1`, `${1}`, `$name`, `${name}`, `$0` and `$$`. Other dollar signs, groups that the pattern has not,
 * and Python's `\1` and `\g<name>`, which would be taken for plain text, are DM_ERROR_USAGE. */
int dm_pattern_text_open(struct dm_pattern_text **text, const struct dm_pattern *pattern, const char *with,
                         struct dm_error *err);

/* Adds what replaces the last match in `bytes`; stops once there are more than `limit` bytes in `out`. */
void dm_pattern_text_add(const struct dm_pattern_text *text, const struct dm_pattern *pattern,
                         const char *bytes, size_t limit, struct dm_buffer *out);

/* Frees; NULL is fine. */
void dm_pattern_text_close(struct dm_pattern_text *text);

#endif
