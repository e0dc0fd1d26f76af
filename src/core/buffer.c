#include "datamaestro/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRINTED_MAXIMUM = 256, CAPACITY_FIRST = 4096 };

void dm_buffer_add(struct dm_buffer *buffer, const char *bytes, size_t size) {
  if (size == 0)
    return;
  if (size > buffer->capacity - buffer->size) {
    size_t capacity = 2 * buffer->capacity + size + CAPACITY_FIRST; /* both are sizes of real memory */
    char *larger = buffer->failed ? NULL : realloc(buffer->bytes, capacity);
    if (larger == NULL) {
      buffer->failed = true;
      return;
    }
    buffer->bytes = larger;
    buffer->capacity = capacity;
  }
  memcpy(buffer->bytes + buffer->size, bytes, size);
  buffer->size += size;
}

void dm_buffer_print(struct dm_buffer *buffer, const char *format, ...) {
  char text[PRINTED_MAXIMUM];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (length > 0)
    dm_buffer_add(buffer, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
}

int dm_buffer_check(const struct dm_buffer *buffer, struct dm_error *err) {
  return buffer->failed ? dm_error_set(err, DM_ERROR, "text: not enough memory for it") : 0;
}

void dm_buffer_close(struct dm_buffer *buffer) {
  free(buffer->bytes);
  *buffer = (struct dm_buffer){.bytes = NULL};
}
