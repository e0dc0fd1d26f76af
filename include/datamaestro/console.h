/* What a display needs of the system: the terminal's size, widths of characters, time, and writing to a
 * descriptor that others gave us without ever waiting for a reader that does not read. */
#ifndef DATAMAESTRO_CONSOLE_H
#define DATAMAESTRO_CONSOLE_H

#include <stddef.h>

#include "datamaestro/error.h"

/* The size of the terminal behind `fd` in characters; 0 each where there is none or it has not said. */
void dm_console_size(int fd, int *columns, int *rows);

/* The columns that a character (Unicode code point) takes on a terminal: 0 for those that combine with the
 * one before, 2 for wide ones (East Asian, emoji), else 1. The widths are the C library's, whatever the
 * locale. */
int dm_console_width(unsigned long code_point);

/* Seconds of a clock that only goes forward; its start means nothing. */
double dm_console_now(void);

/* Fails with DM_ERROR_USAGE unless `fd` is open for writing; `subject` begins the message. */
int dm_console_writable(int fd, const char *subject, struct dm_error *err);

/* Writes as many of `size` bytes to `fd` (file, pipe, socket, terminal) as it takes within `patience`
 * milliseconds; 0 does not wait at all, also where the descriptor itself would. `written` counts them, also
 * on failure. A reader that has left is a failure (EPIPE; SIGPIPE must be ignored). */
int dm_console_send(int fd, const char *bytes, size_t size, int patience, size_t *written,
                    struct dm_error *err);

#endif
