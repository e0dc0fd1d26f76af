/* What a terminal tells of itself. */
#ifndef DATAMAESTRO_TERMINAL_H
#define DATAMAESTRO_TERMINAL_H

#include <stddef.h>

#include "datamaestro/error.h"

struct dm_terminal_size {
  int columns; /* characters; 0: not known */
  int rows;
  int width; /* pixels; 0: not known */
  int height;
};

/* The size of the terminal that `fd` is; all 0 where it is none. */
struct dm_terminal_size dm_terminal_size(int fd);

/* Sends `query` to the terminal of this process and takes what it answers, up to a byte `end`, into `answer`
 * (of `capacity` bytes, NUL-terminated): its length, 0 where nothing whole came within `timeout`
 * milliseconds, or where asking is not safe: there is no terminal, this process is not in its foreground, or
 * keys have been pressed that nobody has read. Meanwhile nothing is echoed, and signals wait, so that the
 * terminal's mode is always restored. */
size_t dm_terminal_ask(const char *query, char end, int timeout, char *answer, size_t capacity);

#endif
