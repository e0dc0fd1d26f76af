/* The values of those HTTP fields that we act on (RFC 9110). All text comes from outside. */
#ifndef DATAMAESTRO_HTTP_FIELDS_H
#define DATAMAESTRO_HTTP_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

/* A Content-Range: "bytes FIRST-LAST/TOTAL". */
struct dm_http_range {
  int64_t first; /* counted from 0; -1 where none was said, or nonsense */
  int64_t last;  /* -1 likewise */
  int64_t total; /* bytes of the whole file, -1 when unknown */
};

/* Reads a Content-Range, also the form of a 416, "bytes * /TOTAL" (without the space). */
struct dm_http_range dm_http_parse_range(const char *value);

/* Reads a Retry-After, seconds or a date, as seconds from `now` (seconds since 1970); 0 for the past,
 * INT64_MAX for more seconds than that, -1 for nonsense. */
int64_t dm_http_parse_retry(const char *value, int64_t now);

/* Whether an entity tag is one that If-Range may use: there, and not weak. */
bool dm_http_is_strong(const char *etag);

#endif
