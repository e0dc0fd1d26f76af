/* How a fetch failed, in plain sentences. */
#ifndef DATAMAESTRO_HTTP_ERROR_H
#define DATAMAESTRO_HTTP_ERROR_H

#include <curl/curl.h>
#include <stdbool.h>

#include "datamaestro/error.h"
#include "datamaestro/http.h"

/* What is known when libcurl gives up. */
struct dm_http_end {
  const char *subject; /* the URL, printable */
  CURLcode code;
  const char *detail;     /* libcurl's own words, not printable, may be "" */
  long os_error;          /* errno of the connection, or 0 */
  long status;            /* last HTTP status, or 0 */
  uint64_t received;      /* bytes */
  int64_t total;          /* bytes, -1 when unknown */
  double connect_timeout; /* seconds */
};

/* Whether another try may succeed. */
bool dm_http_may_pass(const struct dm_http_end *end);

/* Each fills `err` and returns -1. */
int dm_http_fail(const struct dm_http_end *end, struct dm_error *err);
int dm_http_fail_status(const char *subject, long status, const char *reason, struct dm_error *err);
int dm_http_fail_stall(const struct dm_http_end *end, double stall_timeout, struct dm_error *err);

#endif
