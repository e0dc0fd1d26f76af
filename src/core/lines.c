#include "datamaestro/lines.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int dm_lines_open(struct dm_lines *lines, const char *path, struct dm_reader *reader, const char *encoding,
                  struct dm_error *err) {
  *lines = (struct dm_lines){.path = strdup(path)};
  if (lines->path == NULL)
    return dm_error_set(err, DM_ERROR, "%s: not enough memory", path);
  int status = reader != NULL ? 0 : dm_source_open(&lines->source, path, err);
  if (status == 0) {
    struct dm_reader *bytes = reader != NULL ? reader : dm_source_reader(lines->source);
    status = dm_recode_open(&lines->recode, bytes, encoding, path, err);
  }
  if (status != 0)
    dm_lines_close(lines);
  return status;
}

/* Keeps bytes of a line that goes on. */
static int keep(struct dm_lines *lines, const unsigned char *bytes, size_t size, struct dm_error *err) {
  size_t needed = lines->size + size;
  if (needed > DM_LINE_MAXIMUM)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s:%" PRIu64 ":1: line of over 64 MiB", lines->path,
                        lines->line);
  if (needed > lines->capacity) {
    size_t capacity = needed * 2;
    char *buffer = realloc(lines->buffer, capacity);
    if (buffer == NULL)
      return dm_error_set(err, DM_ERROR, "%s: not enough memory", lines->path);
    lines->buffer = buffer;
    lines->capacity = capacity;
  }
  if (size > 0)
    memcpy(lines->buffer + lines->size, bytes, size);
  lines->size = needed;
  return 0;
}

/* The line of `size` bytes at the piece, behind what is kept of it; `taken` bytes go with it. */
static int take(struct dm_lines *lines, struct dm_line *line, size_t size, size_t taken,
                struct dm_error *err) {
  const unsigned char *piece = lines->piece;
  lines->piece += taken;
  lines->piece_size -= taken;
  *line = (struct dm_line){.bytes = (const char *)piece, .size = size};
  if (lines->size > 0) {
    if (keep(lines, piece, size, err) != 0)
      return -1;
    *line = (struct dm_line){.bytes = lines->buffer, .size = lines->size};
    lines->size = 0;
  }
  if (line->size > 0 && line->bytes[line->size - 1] == '\r')
    line->size--;
  return 1;
}

int dm_lines_next(struct dm_lines *lines, struct dm_line *line, struct dm_error *err) {
  struct dm_reader *text = dm_recode_reader(lines->recode);
  bool begun = false;
  lines->calls++;
  lines->line++;
  lines->size = 0;
  for (;;) {
    if (lines->piece_size == 0 && text->next(text, &lines->piece, &lines->piece_size, err) != 0) {
      lines->line--;
      return -1;
    }
    if (lines->piece_size == 0) {
      lines->line -= !begun;
      return begun ? take(lines, line, 0, 0, err) : 0;
    }
    begun = true;
    const unsigned char *end = memchr(lines->piece, '\n', lines->piece_size);
    size_t size = end != NULL ? (size_t)(end - lines->piece) : lines->piece_size;
    if (end != NULL)
      return take(lines, line, size, size + 1, err);
    if (keep(lines, lines->piece, size, err) != 0)
      return -1;
    lines->piece_size = 0;
  }
}

void dm_lines_close(struct dm_lines *lines) {
  dm_recode_close(lines->recode);
  dm_source_close(lines->source);
  free(lines->path);
  free(lines->buffer);
  *lines = (struct dm_lines){.path = NULL};
}
