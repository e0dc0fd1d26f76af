/* Text from outside (a server, an archive, a URL), made fit for a message and a terminal. All write a
 * NUL-terminated string of `capacity` bytes at most (16 at least), cut with "..." when longer, and
 * return `out`. */
#ifndef DATAMAESTRO_PRINTABLE_H
#define DATAMAESTRO_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `size` bytes with all that could steer a terminal written as \xNN: control characters (C0, C1, DEL),
 * bytes that are not UTF-8, and the marks that turn the direction of writing. */
char *dm_printable_text(char *out, size_t capacity, const char *bytes, size_t size);

/* Whether dm_printable_text would leave the bytes as they are. */
bool dm_printable_is_plain(const char *bytes, size_t size);

/* A URL without `user:password@`, as printable text. */
char *dm_printable_url(char *out, size_t capacity, const char *url);

/* A count of bytes for people: "512 bytes", "2.4 KB", "9.9 MB" (powers of 1000). */
char *dm_printable_size(char *out, size_t capacity, uint64_t bytes);

#endif
