#include "datamaestro/http.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "datamaestro/printable.h"
#include "http_error.h"

enum { REASON_SIZE = 64, MAX_REDIRECTS = 10, SUCCESS = 200 };
enum { RECEIVE_BUFFER = 512 * 1024 }; /* bytes asked of the kernel at once */
enum { KEPT_CONNECTIONS = 8 };

enum { HEAD_MAXIMUM = 300000 }; /* bytes: far more than any server needs, far less than memory has */

struct dm_http {
  CURLM *multi;
  CURL *easy;
  bool busy;
};

/* One fetch. */
struct exchange {
  CURL *easy;
  const struct dm_http_request *request;
  struct dm_http_response *response;
  struct dm_error *err;
  bool failed;      /* `err` is filled: libcurl only hears that we stop */
  bool answered;    /* on_response was called */
  bool connected;   /* the stall clock runs */
  bool secure;      /* a request went over https */
  int64_t activity; /* milliseconds: when the last byte came */
  size_t head_size; /* bytes of headers and trailers, of all answers */
  char subject[DM_HTTP_URL_SIZE];
  char reason[REASON_SIZE]; /* of the last status line, printable */
  char detail[CURL_ERROR_SIZE];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* A name that is still being looked up when we give up is left to libcurl's own thread (see
 * CURLOPT_QUICK_EXIT), so libcurl's code must stay in memory until the process ends. */
static void start_curl(void) {
  CURL *(*function)(void) = curl_easy_init;
  void *address = NULL;
  Dl_info info;
  memcpy(&address, &function, sizeof address); /* POSIX lets them be alike, C has no cast for it */
  (void)curl_global_init(CURL_GLOBAL_DEFAULT);
  if (dladdr(address, &info) != 0)
    (void)dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

int dm_http_open(struct dm_http **http, struct dm_error *err) {
  (void)pthread_once(&once, start_curl);
  struct dm_http *fresh = calloc(1, sizeof *fresh);
  *http = NULL;
  if (fresh != NULL) {
    fresh->multi = curl_multi_init();
    fresh->easy = curl_easy_init();
  }
  if (fresh == NULL || fresh->multi == NULL || fresh->easy == NULL) {
    dm_http_close(fresh);
    return dm_error_errno(err, ENOMEM, "libcurl");
  }
  (void)curl_multi_setopt(fresh->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
  *http = fresh;
  return 0;
}

void dm_http_close(struct dm_http *http) {
  if (http == NULL)
    return;
  curl_easy_cleanup(http->easy);
  (void)curl_multi_cleanup(http->multi);
  free(http);
}

static void copy_field(struct exchange *x, char *out, const char *name) {
  struct curl_header *header = NULL;
  if (curl_easy_header(x->easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK)
    (void)dm_printable_text(out, DM_HTTP_FIELD_SIZE, header->value, strlen(header->value));
}

/* Reads what the last answer said. */
static void read_response(struct exchange *x) {
  struct dm_http_response *response = x->response;
  char *url = NULL;
  curl_off_t length = -1;
  (void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &response->status);
  (void)curl_easy_getinfo(x->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  response->length = length;
  if (curl_easy_getinfo(x->easy, CURLINFO_EFFECTIVE_URL, &url) == CURLE_OK && url != NULL)
    (void)dm_printable_url(response->url, sizeof response->url, url);
  copy_field(x, response->content_type, "Content-Type");
  copy_field(x, response->etag, "ETag");
  copy_field(x, response->last_modified, "Last-Modified");
}

static bool is_local(const struct exchange *x) {
  return strncmp(x->subject, "file:", strlen("file:")) == 0;
}

/* Once, when the first byte is there or when all is over. */
static int answer(struct exchange *x) {
  x->answered = true;
  read_response(x);
  if (is_local(x))
    x->response->status = SUCCESS;
  /* Other successes are not the whole file: 204 has nothing, 206 a part that nobody asked for. */
  if (x->response->status != SUCCESS)
    return dm_http_fail_status(x->subject, x->response->status, x->reason, x->err);
  x->request->pulse->total = x->response->length;
  return x->request->on_response(x->request->context, x->response, x->err);
}

static int take_bytes(struct exchange *x, const char *bytes, size_t size) {
  if (!x->answered && answer(x) != 0)
    return -1;
  if (x->request->on_bytes(x->request->context, bytes, size, x->err) != 0)
    return -1;
  x->request->pulse->received += size;
  x->activity = dm_pulse_now();
  /* Where bytes come fast, libcurl hands over many megabytes before it returns to our loop. */
  return dm_pulse_beat(x->request->pulse, x->err);
}

/* libcurl's callback for bodies; any other number than the size ends the transfer. */
static size_t on_body(char *bytes, size_t one, size_t size, void *opaque) {
  struct exchange *x = opaque;
  (void)one; /* always 1 */
  if (take_bytes(x, bytes, size) == 0)
    return size;
  x->failed = true;
  return CURL_WRITEFUNC_ERROR;
}

/* libcurl's callback for each line of each answer's head: keeps the words after a status number. */
static size_t on_header(char *line, size_t one, size_t size, void *opaque) {
  struct exchange *x = opaque;
  size_t length = size;
  (void)one; /* always 1 */
  x->activity = dm_pulse_now();
  x->head_size += size;
  if (x->head_size > HEAD_MAXIMUM) {
    (void)dm_error_set(x->err, DM_ERROR_NETWORK, "%s: headers of over %d KB (fewer expected)", x->subject,
                       HEAD_MAXIMUM / 1000);
    x->failed = true;
    return 0;
  }
  if (size < 5 || memcmp(line, "HTTP/", 5) != 0)
    return size;
  while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
    length--;
  const char *number = memchr(line, ' ', length);
  size_t left = number != NULL ? length - (size_t)(number + 1 - line) : 0;
  const char *reason = left > 0 ? memchr(number + 1, ' ', left) : NULL;
  left = reason != NULL ? length - (size_t)(reason + 1 - line) : 0;
  (void)dm_printable_text(x->reason, sizeof x->reason, left > 0 ? reason + 1 : "", left);
  return size;
}

/* libcurl's callback when a connection stands and before a request, also a redirect's, is sent. */
// NOLINTNEXTLINE(readability-non-const-parameter): the signature is libcurl's
static int on_connected(void *opaque, char *remote, char *local, int remote_port, int local_port) {
  struct exchange *x = opaque;
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
    x->failed = true;
    (void)dm_error_set(x->err, DM_ERROR_NETWORK, "%s: redirect to http (https expected)", x->subject);
    return CURL_PREREQFUNC_ABORT;
  }
  x->secure = secure;
  return CURL_PREREQFUNC_OK;
}

static struct dm_http_failure describe(const struct exchange *x, CURLcode code) {
  struct dm_http_failure failure = {
      .subject = x->subject,
      .code = code,
      .detail = x->detail,
      .received = x->request->pulse->received,
      .total = x->request->pulse->total,
      .connect_timeout = x->request->connect_timeout,
  };
  (void)curl_easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &failure.os_error);
  (void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &failure.status);
  return failure;
}

static int check_stall(struct exchange *x) {
  double idle = (double)(dm_pulse_now() - x->activity) / 1000;
  if (!x->connected || idle < x->request->stall_timeout)
    return 0;
  struct dm_http_failure failure = describe(x, CURLE_OK);
  return dm_http_fail_stall(&failure, x->request->stall_timeout, x->err);
}

/* libcurl says why it stopped; our callbacks may have said so before. */
static int conclude(struct exchange *x, CURLcode code) {
  if (x->failed)
    return -1;
  if (code == CURLE_OK)
    return x->answered ? 0 : answer(x);
  struct dm_http_failure failure = describe(x, code);
  return dm_http_fail(&failure, x->err);
}

/* Runs the transfer; the thread waits nowhere but in curl_multi_poll and in callbacks. */
static int drive(CURLM *multi, struct exchange *x) {
  int running = 1;
  int queued = 0;
  while (curl_multi_perform(multi, &running) == CURLM_OK && running > 0) {
    (void)curl_multi_poll(multi, NULL, 0, dm_pulse_wait(x->request->pulse), NULL);
    if (dm_pulse_beat(x->request->pulse, x->err) != 0 || check_stall(x) != 0)
      return -1;
  }
  const CURLMsg *message = curl_multi_info_read(multi, &queued);
  return conclude(x, message != NULL ? message->data.result : CURLE_OUT_OF_MEMORY);
}

static long milliseconds(double seconds) {
  return seconds < 1e6 ? (long)(seconds * 1000) : 1000000000L;
}

static void set_options(struct exchange *x) {
  const struct dm_http_request *request = x->request;
  CURL *easy = x->easy;
  (void)curl_easy_setopt(easy, CURLOPT_URL, request->url);
  (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https,file");
  (void)curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
  (void)curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)MAX_REDIRECTS);
  (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  (void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* do not wait for a name server when stopping */
  (void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER);
  (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, request->user_agent);
  (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request->connect_timeout));
  (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, x->detail);
  (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
  (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
  (void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
  (void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, x);
  if (request->ca_file != NULL)
    (void)curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_file);
}

static int list_headers(const struct dm_http_request *request, struct curl_slist **list,
                        struct dm_error *err) {
  for (size_t i = 0; i < request->header_count; i++) {
    struct curl_slist *longer = curl_slist_append(*list, request->headers[i]);
    if (longer == NULL)
      return dm_error_errno(err, ENOMEM, "headers");
    *list = longer;
  }
  return 0;
}

static int check_url(const char *url, const char *subject, struct dm_error *err) {
  static const char *const allowed[] = {"http", "https", "file"};
  CURLU *parts = curl_url();
  char *scheme = NULL;
  bool found = false;
  if (parts != NULL && curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
      curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK)
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
      found = found || strcmp(scheme, allowed[i]) == 0;
  curl_free(scheme);
  curl_url_cleanup(parts);
  if (found)
    return 0;
  return dm_error_set(err, DM_ERROR_USAGE, "%s: not a URL to fetch from (http, https or file expected)",
                      subject);
}

static int exchange(struct dm_http *http, struct exchange *x) {
  struct curl_slist *headers = NULL;
  curl_easy_reset(http->easy); /* options go, connections stay */
  set_options(x);
  int status = list_headers(x->request, &headers, x->err);
  if (status == 0) {
    (void)curl_easy_setopt(http->easy, CURLOPT_HTTPHEADER, headers);
    if (curl_multi_add_handle(http->multi, http->easy) != CURLM_OK)
      status = dm_error_errno(x->err, ENOMEM, x->subject);
    else {
      status = drive(http->multi, x);
      if (status != 0)
        read_response(x);
      (void)curl_multi_remove_handle(http->multi, http->easy);
    }
  }
  curl_slist_free_all(headers);
  return status;
}

int dm_http_fetch(struct dm_http *http, const struct dm_http_request *request,
                  struct dm_http_response *response, struct dm_error *err) {
  struct exchange x = {.easy = http->easy, .request = request, .response = response, .err = err};
  memset(response, 0, sizeof *response);
  response->length = -1;
  request->pulse->received = 0;
  request->pulse->total = -1;
  (void)dm_printable_url(x.subject, sizeof x.subject, request->url);
  (void)dm_printable_url(response->url, sizeof response->url, request->url);
  if (http->busy)
    return dm_error_set(err, DM_ERROR_USAGE, "%s: another fetch is under way", x.subject);
  if (check_url(request->url, x.subject, err) != 0)
    return -1;
  http->busy = true;
  int status = exchange(http, &x);
  http->busy = false;
  return status;
}
