/* Bytes that grow as they are written. A failure for want of memory is remembered, so that a writer asks
 * once, at its end. */
#ifndef DATAMAESTRO_BUFFER_H
#define DATAMAESTRO_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "datamaestro/error.h"

/* All zero is an empty buffer. */
struct dm_buffer {
  char *bytes; /* malloc'ed; NULL when nothing was written */
  size_t size; /* bytes */
  size_t capacity;
  bool failed; /* memory was short: the content is not whole */
};

/* Adds bytes at the end. */
void dm_buffer_add(struct dm_buffer *buffer, const char *bytes, size_t size);

/* Adds text by a printf format; 256 bytes at most. */
void dm_buffer_print(struct dm_buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* -1, with an error, where memory was short. */
int dm_buffer_check(const struct dm_buffer *buffer, struct dm_error *err);

/* Frees; empty is fine. */
void dm_buffer_close(struct dm_buffer *buffer);

#endif
