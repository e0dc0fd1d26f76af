#include "http_error.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "datamaestro/printable.h"

enum { DETAIL_SIZE = 512 }; /* bytes */

/* "received 12 of 99 bytes" */
static const char *describe_progress(const struct dm_http_end *end, char *out, size_t capacity) {
  if (end->total >= 0)
    (void)snprintf(out, capacity, "received %" PRIu64 " of %" PRId64 " bytes", end->received, end->total);
  else
    (void)snprintf(out, capacity, "received %" PRIu64 " bytes", end->received);
  return out;
}

static int fail_connect(const struct dm_http_end *end, struct dm_error *err) {
  char buffer[256];
  const char *text = "no answer";
  if (end->os_error != 0)
    text = strerror_r((int)end->os_error, buffer, sizeof buffer); /* GNU's: may return static text */
  return dm_error_set(err, DM_ERROR_NETWORK, "%s: no connection: %s", end->subject, text);
}

static int fail_partial(const struct dm_http_end *end, struct dm_error *err) {
  if (end->total >= 0)
    return dm_error_set(err, DM_ERROR_NETWORK, "%s: received %" PRIu64 " bytes (%" PRId64 " expected)",
                        end->subject, end->received, end->total);
  return dm_error_set(err, DM_ERROR_NETWORK, "%s: received %" PRIu64 " bytes (more expected)", end->subject,
                      end->received);
}

static int fail_protocol(const struct dm_http_end *end, struct dm_error *err) {
  if (end->status >= 300 && end->status < 400)
    return dm_error_set(err, DM_ERROR_NETWORK, "%s: redirect to another protocol (http or https expected)",
                        end->subject);
  return dm_error_set(err, DM_ERROR_NETWORK, "%s: answer of another protocol (HTTP expected)", end->subject);
}

static int fail_otherwise(const struct dm_http_end *end, struct dm_error *err) {
  char text[DETAIL_SIZE];
  const char *detail = end->detail[0] != '\0' ? end->detail : curl_easy_strerror(end->code);
  (void)dm_printable_text(text, sizeof text, detail, strlen(detail));
  return dm_error_set(err, DM_ERROR_NETWORK, "%s: %s", end->subject, text);
}

static int fail_tls(const struct dm_http_end *end, struct dm_error *err) {
  char text[DETAIL_SIZE];
  const char *detail = end->detail[0] != '\0' ? end->detail : curl_easy_strerror(end->code);
  (void)dm_printable_text(text, sizeof text, detail, strlen(detail));
  return dm_error_set(err, DM_ERROR_NETWORK, "%s: no TLS connection: %s", end->subject, text);
}

/* Names and refused connections too: hosts come back. */
bool dm_http_may_pass(const struct dm_http_end *end) {
  static const CURLcode passing[] = {CURLE_COULDNT_RESOLVE_HOST,
                                     CURLE_COULDNT_RESOLVE_PROXY,
                                     CURLE_COULDNT_CONNECT,
                                     CURLE_OPERATION_TIMEDOUT,
                                     CURLE_PARTIAL_FILE,
                                     CURLE_GOT_NOTHING,
                                     CURLE_RECV_ERROR,
                                     CURLE_SEND_ERROR,
                                     CURLE_HTTP2,
                                     CURLE_HTTP2_STREAM,
                                     CURLE_FTP_ACCEPT_TIMEOUT};
  for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
    if (end->code == passing[i])
      return true;
  return false;
}

int dm_http_fail(const struct dm_http_end *end, struct dm_error *err) {
  char progress[64];
  switch (end->code) {
  case CURLE_COULDNT_RESOLVE_HOST:
    return dm_error_set(err, DM_ERROR_NETWORK, "%s: host unknown", end->subject);
  case CURLE_COULDNT_RESOLVE_PROXY:
    return dm_error_set(err, DM_ERROR_NETWORK, "%s: proxy's host unknown", end->subject);
  case CURLE_COULDNT_CONNECT:
    return fail_connect(end, err);
  case CURLE_OPERATION_TIMEDOUT:
    return dm_error_set(err, DM_ERROR_NETWORK, "%s: no connection within %g s", end->subject,
                        end->connect_timeout);
  case CURLE_PARTIAL_FILE:
    return fail_partial(end, err);
  case CURLE_GOT_NOTHING:
    return dm_error_set(err, DM_ERROR_NETWORK, "%s: connection closed without an answer", end->subject);
  case CURLE_RECV_ERROR:
  case CURLE_SEND_ERROR:
    return dm_error_set(err, DM_ERROR_NETWORK, "%s: connection lost (%s)", end->subject,
                        describe_progress(end, progress, sizeof progress));
  case CURLE_TOO_MANY_REDIRECTS:
    return dm_error_set(err, DM_ERROR_NETWORK, "%s: over 10 redirects", end->subject);
  case CURLE_UNSUPPORTED_PROTOCOL:
  case CURLE_WEIRD_SERVER_REPLY:
    return fail_protocol(end, err);
  case CURLE_FILE_COULDNT_READ_FILE:
    return dm_error_set(err, DM_ERROR_UNKNOWN, "%s: no such file, or not readable", end->subject);
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_ISSUER_ERROR:
    return fail_tls(end, err);
  case CURLE_OUT_OF_MEMORY:
    if (end->received == 0) /* what libcurl says of a header line that is too long for it */
      return dm_error_set(err, DM_ERROR_NETWORK, "%s: a header line of over 100 KB (shorter ones expected)",
                          end->subject);
    return dm_error_set(err, DM_ERROR, "%s: not enough memory", end->subject);
  default:
    return fail_otherwise(end, err);
  }
}

int dm_http_fail_status(const char *subject, long status, const char *reason, struct dm_error *err) {
  int is_auth = status == 401 || status == 403 || status == 407;
  return dm_error_set(err, is_auth ? DM_ERROR_AUTH : DM_ERROR_NETWORK, "%s: HTTP %ld%s%s%s", subject, status,
                      reason[0] != '\0' ? " " : "", reason, is_auth ? " (login needed)" : "");
}

int dm_http_fail_stall(const struct dm_http_end *end, double stall_timeout, struct dm_error *err) {
  char progress[64];
  return dm_error_set(err, DM_ERROR_NETWORK, "%s: no byte for %g s (%s)", end->subject, stall_timeout,
                      describe_progress(end, progress, sizeof progress));
}
