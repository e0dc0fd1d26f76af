/* Moves the bytes of URLs (http, https, ftp, ftps, file) to callbacks, many at once on the calling thread.
 * Knows nothing of files, checksums or decoding. Connections are kept and shared; over TLS, HTTP/2 carries
 * many exchanges on one. */
#ifndef DATAMAESTRO_HTTP_H
#define DATAMAESTRO_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datamaestro/error.h"
#include "datamaestro/http_fields.h"

struct dm_http;          /* owns its connections; freed by dm_http_close */
struct dm_http_exchange; /* one request and its answer; lives until on_end or dm_http_cancel */

enum { DM_HTTP_URL_SIZE = 2048, DM_HTTP_FIELD_SIZE = 256 }; /* bytes */

struct dm_http_options {
  long connections;       /* at most, in all */
  long host_connections;  /* at most, to one host */
  double connect_timeout; /* seconds */
  double stall_timeout;   /* seconds without a byte, of a connection that stands */
  const char *user_agent;
  const char *ca_file; /* NULL: the system's certificates */
};

/* What the server said. All strings are printable text but the validators, "" where nothing was said. */
struct dm_http_response {
  long status;                /* 200 for file: and ftp: too; 0 before an answer */
  int64_t length;             /* bytes announced of this answer, -1 when unknown */
  struct dm_http_range range; /* what a 206 holds, or a 416 says */
  bool settled;        /* the file has not changed within the second before the answer, as far as it says */
  bool ranges;         /* it says that it serves parts of this file */
  double latency;      /* seconds from the request to the first byte of its answer */
  int64_t retry_after; /* seconds it asks to wait, -1 when it does not */
  char url[DM_HTTP_URL_SIZE]; /* after redirects, without user and password */
  char content_type[DM_HTTP_FIELD_SIZE];
  char content_encoding[DM_HTTP_FIELD_SIZE]; /* we ask for none */
  char etag[DM_HTTP_FIELD_SIZE];
  char last_modified[DM_HTTP_FIELD_SIZE];
};

/* How an exchange ended badly. */
struct dm_http_failure {
  struct dm_error error;
  bool passing; /* another try may succeed: a lost connection, a timeout, 408 425 429 500 502 503 504 */
};

/* The strings are the caller's and must outlive the exchange. */
struct dm_http_request {
  const char *url;
  const char *token;          /* bearer token for this URL's host alone; NULL: what ~/.netrc says */
  const char *const *headers; /* "Name: value", without line ends; of the first host alone */
  size_t header_count;
  uint64_t from;         /* the first byte wanted, counted from 0 */
  uint64_t until;        /* one past the last byte wanted; 0: all the rest */
  const char *validator; /* for If-Range; NULL: none */
  int64_t size;          /* bytes that will come, as far as is known; -1: unknown */
  bool bare;             /* only the answer's head is wanted (HEAD) */
  bool alone;            /* on a connection of its own, whatever else goes to that host */
  void *context;
  /* Called once, before the first byte, for 200, and for 206 and 416 where `from` or `until` were asked
   * for. -1 with `err` filled ends the exchange with that error. */
  int (*on_response)(void *context, const struct dm_http_response *response, struct dm_error *err);
  /* Called for each piece. -1 as above; 1: that is enough, the exchange ends well. */
  int (*on_bytes)(void *context, const void *bytes, size_t size, struct dm_error *err);
  /* Called once, at the end; `failure` is NULL when all bytes came. The exchange is gone afterwards. */
  void (*on_end)(void *context, const struct dm_http_response *response,
                 const struct dm_http_failure *failure);
};

/* Starts libcurl; the options' strings are copied. Fails for want of memory. */
int dm_http_open(struct dm_http **http, const struct dm_http_options *options, struct dm_error *err);

/* Cancels all exchanges, frees; NULL is fine. */
void dm_http_close(struct dm_http *http);

/* Begins an exchange, following up to ten redirects to http and https, but never from https to http; token,
 * password and headers go to no other host. Fails at once for what is no URL that we fetch from
 * (DM_ERROR_USAGE). Later failures come to on_end: DM_ERROR_NETWORK, DM_ERROR_AUTH (401, 403, 407),
 * DM_ERROR_UNKNOWN (no such local file) or the callbacks' own; their subject is the request's URL. */
int dm_http_start(struct dm_http *http, const struct dm_http_request *request,
                  struct dm_http_exchange **exchange, struct dm_error *err);

/* Ends an exchange at once, without a further callback. Not from its own callbacks. NULL is fine. */
void dm_http_cancel(struct dm_http_exchange *exchange);

/* Seconds since its last byte, 0 before it is connected. */
double dm_http_idle(const struct dm_http_exchange *exchange);

/* Lets the exchanges go on, waiting up to `timeout` milliseconds for something to happen. */
int dm_http_poll(struct dm_http *http, int timeout, struct dm_error *err);

/* Ends a wait of dm_http_poll; may be called on any thread. */
void dm_http_wake(struct dm_http *http);

#endif
