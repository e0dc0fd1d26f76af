/* Moves the bytes of one URL (http, https, file) to a callback. Knows nothing of files, checksums or
 * decoding. Connections stay open between fetches. */
#ifndef DATAMAESTRO_HTTP_H
#define DATAMAESTRO_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include "datamaestro/error.h"
#include "datamaestro/pulse.h"

struct dm_http; /* owns its connections; freed by dm_http_close; one fetch at a time */

enum { DM_HTTP_URL_SIZE = 2048, DM_HTTP_FIELD_SIZE = 256 }; /* bytes */

/* What the server said. All strings are printable text; "" where nothing was said. */
struct dm_http_response {
  long status;                /* 200 for file: too; 0 before an answer */
  int64_t length;             /* bytes announced, -1 when unknown */
  char url[DM_HTTP_URL_SIZE]; /* after redirects, without user and password */
  char content_type[DM_HTTP_FIELD_SIZE];
  char etag[DM_HTTP_FIELD_SIZE];
  char last_modified[DM_HTTP_FIELD_SIZE];
};

struct dm_http_request {
  const char *url;
  const char *user_agent;
  const char *ca_file;        /* NULL: the system's certificates */
  const char *const *headers; /* "Name: value", without line ends; copied before the first callback */
  size_t header_count;
  double connect_timeout; /* seconds */
  double stall_timeout;   /* seconds without a byte */
  struct dm_pulse *pulse; /* beats at least every 100 ms or so, whatever is waited for; `received` and
                             `total` are kept up to date */
  /* Called on the calling thread; -1 with `err` filled ends the fetch with that error. */
  void *context;
  int (*on_response)(void *context, const struct dm_http_response *response, struct dm_error *err);
  int (*on_bytes)(void *context, const void *bytes, size_t size, struct dm_error *err);
};

/* Starts libcurl; fails for want of memory. */
int dm_http_open(struct dm_http **http, struct dm_error *err);

/* Frees; NULL is fine. */
void dm_http_close(struct dm_http *http);

/* Fetches request->url, following up to ten redirects to http and https, but never from https to http.
 * `on_response` is called once, before the first byte, and only for a status of 2xx. Failures are
 * DM_ERROR_NETWORK, DM_ERROR_AUTH (401, 407), DM_ERROR_UNKNOWN (no such local file), DM_ERROR_USAGE
 * (not such a URL; another fetch under way) or the callbacks' own; their subject is the request's URL.
 * `response` tells what was known until then. */
int dm_http_fetch(struct dm_http *http, const struct dm_http_request *request,
                  struct dm_http_response *response, struct dm_error *err);

#endif
