/* Lines of text, one after another, in memory that depends on the longest line only. */
#ifndef DATAMAESTRO_LINES_H
#define DATAMAESTRO_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datamaestro/error.h"
#include "datamaestro/reader.h"
#include "datamaestro/recode.h"
#include "datamaestro/source.h"

enum { DM_LINE_MAXIMUM = 64 << 20 /* bytes of one line */ };

struct dm_lines {
  char *path;               /* for messages; NULL when closed */
  struct dm_source *source; /* NULL where the caller gave a reader */
  struct dm_recode *recode;
  const unsigned char *piece; /* what the text gave and was not yet taken */
  size_t piece_size;
  char *buffer; /* a line that two pieces share */
  size_t size;
  size_t capacity;
  uint64_t line;  /* number of the current line, from 1; 0 before the first */
  uint64_t calls; /* grows with each dm_lines_next; 0 when closed */
};

struct dm_line {
  const char *bytes; /* without its end (LF or CRLF), not terminated; valid until the next one */
  size_t size;
};

/* Opens a regular file, or `reader` (which stays the caller's; `path` then only names it), as text in
 * `encoding` (as in dm_recode_open). */
int dm_lines_open(struct dm_lines *lines, const char *path, struct dm_reader *reader, const char *encoding,
                  struct dm_error *err);

/* Reads the next line: 1, or 0 at the end, or -1. An end of line at the end of the text begins no further
 * line. */
int dm_lines_next(struct dm_lines *lines, struct dm_line *line, struct dm_error *err);

/* Closes and frees; closed is fine. */
void dm_lines_close(struct dm_lines *lines);

#endif
