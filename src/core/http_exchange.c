#include "http_exchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "datamaestro/printable.h"
#include "datamaestro/pulse.h"
#include "http_error.h"

enum { MAX_REDIRECTS = 10, FTP_COMPLETE = 226 };
enum { OK = 200, PARTIAL = 206, RANGE_UNSATISFIABLE = 416 };
enum { RECEIVE_BUFFER = 256 * 1024 }; /* bytes asked of the kernel at once; 512 KiB were no faster */
enum { HEAD_MAXIMUM = 300000 };       /* bytes: far more than any server needs, far less than memory has */

static int fail(struct dm_http_exchange *x, bool passing) {
  x->failed = true;
  x->failure.passing = passing;
  return -1;
}

static void copy_field(struct dm_http_exchange *x, char *out, const char *name) {
  struct curl_header *header = NULL;
  if (curl_easy_header(x->easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK)
    (void)dm_printable_text(out, DM_HTTP_FIELD_SIZE, header->value, strlen(header->value));
}

/* A date can stand for a version only where no second version can have the same one (RFC 9110, 8.8.2.2). */
static bool is_settled(struct dm_http_exchange *x) {
  char date[DM_HTTP_FIELD_SIZE] = "";
  copy_field(x, date, "Date");
  int64_t changed = curl_getdate(x->response.last_modified, NULL);
  int64_t answered = date[0] != '\0' ? curl_getdate(date, NULL) : (int64_t)time(NULL);
  return changed >= 0 && answered > changed + 1;
}

static double latency(CURL *easy) {
  curl_off_t asked = 0;
  curl_off_t answered = 0; /* microseconds */
  (void)curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &asked);
  (void)curl_easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &answered);
  return (double)(answered - asked) / 1e6;
}

/* Reads what the last answer said. */
static void read_response(struct dm_http_exchange *x) {
  struct dm_http_response *response = &x->response;
  char *url = NULL;
  curl_off_t length = -1;
  char field[DM_HTTP_FIELD_SIZE] = "";
  (void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &response->status);
  (void)curl_easy_getinfo(x->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  response->length = length;
  if (curl_easy_getinfo(x->easy, CURLINFO_EFFECTIVE_URL, &url) == CURLE_OK && url != NULL)
    (void)dm_printable_url(response->url, sizeof response->url, url);
  response->latency = latency(x->easy);
  copy_field(x, response->content_type, "Content-Type");
  copy_field(x, response->content_encoding, "Content-Encoding");
  copy_field(x, response->etag, "ETag");
  copy_field(x, response->last_modified, "Last-Modified");
  response->settled = is_settled(x);
  copy_field(x, field, "Content-Range");
  response->range = dm_http_parse_range(field);
  field[0] = '\0';
  copy_field(x, field, "Accept-Ranges");
  response->ranges = strcasecmp(field, "bytes") == 0 || response->status == PARTIAL;
  field[0] = '\0';
  copy_field(x, field, "Retry-After");
  response->retry_after = field[0] != '\0' ? dm_http_parse_retry(field, (int64_t)time(NULL)) : -1;
}

static bool is_wanted(const struct dm_http_exchange *x) {
  long status = x->response.status;
  bool part = x->request.from > 0 || x->request.until > 0;
  return status == OK || (part && (status == PARTIAL || status == RANGE_UNSATISFIABLE));
}

static bool may_pass(long status) {
  static const long passing[] = {408, 425, 429, 500, 502, 503, 504};
  for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
    if (status == passing[i])
      return true;
  return false;
}

/* Files and FTP answer a request for a part with just that part, or not at all. */
static void speak_as_web(struct dm_http_exchange *x) {
  struct dm_http_response *response = &x->response;
  response->status = x->request.from > 0 ? PARTIAL : OK;
  response->ranges = true;
  response->range = (struct dm_http_range){.first = (int64_t)x->request.from, .last = -1, .total = -1};
  if (response->length >= 0 && x->request.from > 0)
    response->range.total = response->length + (int64_t)x->request.from;
}

/* Once, when the first byte is there or when all is over. */
static int answer(struct dm_http_exchange *x) {
  x->answered = true;
  read_response(x);
  if (!x->web)
    speak_as_web(x);
  /* Other successes are not the file: 204 has nothing, 206 a part that nobody asked for. */
  if (!is_wanted(x)) {
    (void)dm_http_fail_status(x->subject, x->response.status, x->reason, &x->failure.error);
    return fail(x, may_pass(x->response.status));
  }
  if (x->request.on_response(x->request.context, &x->response, &x->failure.error) != 0)
    return fail(x, false);
  return 0;
}

static int take_bytes(struct dm_http_exchange *x, const char *bytes, size_t size) {
  if (!x->answered && answer(x) != 0)
    return -1;
  x->received += size;
  x->activity = dm_pulse_now();
  int status = x->request.on_bytes(x->request.context, bytes, size, &x->failure.error);
  x->enough = status > 0;
  return status < 0 ? fail(x, false) : status;
}

/* libcurl's callback for bodies; any other number than the size ends the transfer. */
static size_t on_body(char *bytes, size_t one, size_t size, void *opaque) {
  (void)one; /* always 1 */
  return take_bytes(opaque, bytes, size) == 0 ? size : CURL_WRITEFUNC_ERROR;
}

static void keep_reason(struct dm_http_exchange *x, const char *line, size_t length) {
  while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
    length--;
  const char *number = memchr(line, ' ', length);
  size_t left = number != NULL ? length - (size_t)(number + 1 - line) : 0;
  const char *reason = left > 0 ? memchr(number + 1, ' ', left) : NULL;
  left = reason != NULL ? length - (size_t)(reason + 1 - line) : 0;
  (void)dm_printable_text(x->reason, sizeof x->reason, left > 0 ? reason + 1 : "", left);
}

/* libcurl's callback for each line of each answer's head: keeps the words after a status number. */
static size_t on_header(char *line, size_t one, size_t size, void *opaque) {
  struct dm_http_exchange *x = opaque;
  (void)one; /* always 1 */
  x->activity = dm_pulse_now();
  x->head_size += size;
  if (x->head_size > HEAD_MAXIMUM) {
    (void)dm_error_set(&x->failure.error, DM_ERROR_NETWORK, "%s: headers of over %d KB (fewer expected)",
                       x->subject, HEAD_MAXIMUM / 1000);
    (void)fail(x, false);
    return 0;
  }
  if (size >= 5 && memcmp(line, "HTTP/", 5) == 0)
    keep_reason(x, line, size);
  return size;
}

/* libcurl's callback when a connection stands and before a request, also a redirect's, is sent. */
// NOLINTNEXTLINE(readability-non-const-parameter): the signature is libcurl's
static int on_connected(void *opaque, char *remote, char *local, int remote_port, int local_port) {
  struct dm_http_exchange *x = opaque;
  char *scheme = NULL;
  (void)remote;
  (void)local;
  (void)remote_port;
  (void)local_port;
  x->connected = true;
  x->activity = dm_pulse_now();
  (void)curl_easy_getinfo(x->easy, CURLINFO_SCHEME, &scheme);
  bool secure = scheme != NULL && strcasecmp(scheme, "https") == 0;
  if (x->secure && !secure) {
    (void)dm_error_set(&x->failure.error, DM_ERROR_NETWORK, "%s: redirect to http (https expected)",
                       x->subject);
    (void)fail(x, false);
    return CURL_PREREQFUNC_ABORT;
  }
  x->secure = secure;
  return CURL_PREREQFUNC_OK;
}

static struct dm_http_end describe(const struct dm_http_exchange *x, CURLcode code) {
  struct dm_http_end end = {
      .subject = x->subject,
      .code = code,
      .detail = x->detail,
      .received = x->received,
      .total = x->response.length,
      .connect_timeout = x->http->options.connect_timeout,
  };
  (void)curl_easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &end.os_error);
  (void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &end.status);
  return end;
}

void dm_http_exchange_fail_stall(struct dm_http_exchange *x) {
  struct dm_http_end end = describe(x, CURLE_OK);
  (void)dm_http_fail_stall(&end, x->http->options.stall_timeout, &x->failure.error);
  (void)fail(x, true);
}

void dm_http_exchange_conclude(struct dm_http_exchange *x, CURLcode code) {
  if (x->failed || x->enough)
    return;
  if (code == CURLE_OK) {
    if (!x->answered)
      (void)answer(x);
    return;
  }
  if (!x->answered)
    read_response(x);
  struct dm_http_end end = describe(x, code);
  (void)dm_http_fail(&end, &x->failure.error);
  (void)fail(x, dm_http_may_pass(&end));
}

static long milliseconds(double seconds) {
  return seconds < 1e6 ? (long)(seconds * 1000) : 1000000000L;
}

static void set_callbacks(struct dm_http_exchange *x) {
  CURL *easy = x->easy;
  (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, x);
  (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, x->detail);
  (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
  (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
  (void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
  (void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, x);
}

static void set_options(struct dm_http_exchange *x) {
  const struct dm_http_options *options = &x->http->options;
  CURL *easy = x->easy;
  (void)curl_easy_setopt(easy, CURLOPT_URL, x->request.url);
  (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https,ftp,ftps,file");
  (void)curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
  (void)curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)MAX_REDIRECTS);
  (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  (void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* do not wait for a name server when stopping */
  bool small = x->request.size >= 0 && x->request.size < RECEIVE_BUFFER;
  (void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)(small ? CURL_MAX_WRITE_SIZE : RECEIVE_BUFFER));
  (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, options->user_agent);
  (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(options->connect_timeout));
  if (options->ca_file != NULL)
    (void)curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca_file);
  if (x->request.bare)
    (void)curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  if (x->request.alone) { /* streams of one connection would share what a server grants to each */
    (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  } else
    (void)curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
}

/* libcurl keeps both from other hosts than the URL's. */
static void set_credentials(struct dm_http_exchange *x) {
  if (x->request.token != NULL) {
    (void)curl_easy_setopt(x->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
    (void)curl_easy_setopt(x->easy, CURLOPT_XOAUTH2_BEARER, x->request.token);
  } else
    (void)curl_easy_setopt(x->easy, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
}

static int add_header(struct dm_http_exchange *x, const char *line) {
  struct curl_slist *longer = curl_slist_append(x->headers, line);
  if (longer == NULL)
    return -1;
  x->headers = longer;
  return 0;
}

static int set_headers(struct dm_http_exchange *x) {
  char line[DM_HTTP_FIELD_SIZE + sizeof "If-Range: "];
  for (size_t i = 0; i < x->request.header_count; i++)
    if (add_header(x, x->request.headers[i]) != 0)
      return -1;
  if (x->request.validator != NULL) {
    (void)snprintf(line, sizeof line, "If-Range: %s", x->request.validator);
    if (add_header(x, line) != 0)
      return -1;
  }
  (void)curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers);
  return 0;
}

/* As a range of ours: libcurl's own way to resume takes a 200, which says that the file has changed, for a
 * failure. */
static void set_range(struct dm_http_exchange *x) {
  char range[64];
  if (x->request.from == 0 && x->request.until == 0)
    return;
  int used = snprintf(range, sizeof range, "%llu-", (unsigned long long)x->request.from);
  if (x->request.until > 0)
    (void)snprintf(range + used, sizeof range - (size_t)used, "%llu",
                   (unsigned long long)x->request.until - 1);
  (void)curl_easy_setopt(x->easy, CURLOPT_RANGE, range);
}

int dm_http_exchange_make(struct dm_http *http, const struct dm_http_request *request,
                          struct dm_http_exchange **exchange, struct dm_error *err) {
  struct dm_http_exchange *x = calloc(1, sizeof *x);
  *exchange = NULL;
  if (x == NULL || (x->easy = curl_easy_init()) == NULL) {
    free(x);
    return dm_error_errno(err, ENOMEM, request->url);
  }
  x->http = http;
  x->request = *request;
  x->web = strncasecmp(request->url, "http", 4) == 0;
  x->response.length = -1;
  x->response.retry_after = -1;
  (void)dm_printable_url(x->subject, sizeof x->subject, request->url);
  memcpy(x->response.url, x->subject, sizeof x->subject);
  set_callbacks(x);
  set_options(x);
  set_credentials(x);
  set_range(x);
  if (set_headers(x) != 0) {
    dm_http_exchange_free(x);
    return dm_error_errno(err, ENOMEM, "headers");
  }
  *exchange = x;
  return 0;
}

void dm_http_exchange_free(struct dm_http_exchange *x) {
  if (x == NULL)
    return;
  curl_easy_cleanup(x->easy);
  curl_slist_free_all(x->headers);
  free(x);
}
