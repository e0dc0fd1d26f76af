#include "datamaestro/http.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "datamaestro/printable.h"
#include "datamaestro/pulse.h"
#include "http_exchange.h"

enum { KEPT_CONNECTIONS = 64 };
enum { STALL_CHECK = 100 }; /* milliseconds between looks at the clocks of all exchanges */

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

static char *copy_string(const char *text) {
  return text != NULL ? strdup(text) : NULL;
}

int dm_http_open(struct dm_http **http, const struct dm_http_options *options, struct dm_error *err) {
  (void)pthread_once(&once, start_curl);
  struct dm_http *fresh = calloc(1, sizeof *fresh);
  *http = NULL;
  if (fresh == NULL)
    return dm_error_errno(err, ENOMEM, "libcurl");
  fresh->options = *options;
  fresh->options.user_agent = copy_string(options->user_agent);
  fresh->options.ca_file = copy_string(options->ca_file);
  fresh->multi = curl_multi_init();
  if (fresh->multi == NULL || fresh->options.user_agent == NULL) {
    dm_http_close(fresh);
    return dm_error_errno(err, ENOMEM, "libcurl");
  }
  (void)curl_multi_setopt(fresh->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
  (void)curl_multi_setopt(fresh->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
  (void)curl_multi_setopt(fresh->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, options->connections);
  (void)curl_multi_setopt(fresh->multi, CURLMOPT_MAX_HOST_CONNECTIONS, options->host_connections);
  *http = fresh;
  return 0;
}

void dm_http_close(struct dm_http *http) {
  if (http == NULL)
    return;
  while (http->first != NULL)
    dm_http_cancel(http->first);
  (void)curl_multi_cleanup(http->multi);
  free((char *)http->options.user_agent);
  free((char *)http->options.ca_file);
  free(http);
}

static int check_url(const char *url, const char *subject, struct dm_error *err) {
  static const char *const allowed[] = {"http", "https", "ftp", "ftps", "file"};
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
  return dm_error_set(err, DM_ERROR_USAGE, "%s: not a URL to fetch from (http, https, ftp or file expected)",
                      subject);
}

static void link_in(struct dm_http *http, struct dm_http_exchange *x) {
  x->following = http->first;
  if (http->first != NULL)
    http->first->before = x;
  http->first = x;
}

static void link_out(struct dm_http_exchange *x) {
  if (x->before != NULL)
    x->before->following = x->following;
  else
    x->http->first = x->following;
  if (x->following != NULL)
    x->following->before = x->before;
}

void dm_http_cancel(struct dm_http_exchange *x) {
  if (x == NULL)
    return;
  link_out(x);
  (void)curl_multi_remove_handle(x->http->multi, x->easy);
  dm_http_exchange_free(x);
}

int dm_http_start(struct dm_http *http, const struct dm_http_request *request,
                  struct dm_http_exchange **exchange, struct dm_error *err) {
  struct dm_http_exchange *x = NULL;
  char subject[DM_HTTP_URL_SIZE];
  *exchange = NULL;
  if (check_url(request->url, dm_printable_url(subject, sizeof subject, request->url), err) != 0 ||
      dm_http_exchange_make(http, request, &x, err) != 0)
    return -1;
  if (curl_multi_add_handle(http->multi, x->easy) != CURLM_OK) {
    dm_http_exchange_free(x);
    return dm_error_errno(err, ENOMEM, subject);
  }
  link_in(http, x);
  *exchange = x;
  return 0;
}

double dm_http_idle(const struct dm_http_exchange *exchange) {
  return exchange->connected ? (double)(dm_pulse_now() - exchange->activity) / 1000 : 0;
}

/* Takes the exchange out of libcurl's hands, then tells its owner, who may start the next. */
static void end(struct dm_http_exchange *x, CURLcode code) {
  dm_http_exchange_conclude(x, code);
  link_out(x);
  (void)curl_multi_remove_handle(x->http->multi, x->easy);
  x->request.on_end(x->request.context, &x->response, x->failed ? &x->failure : NULL);
  dm_http_exchange_free(x);
}

static void check_stalls(struct dm_http *http) {
  int64_t now = dm_pulse_now();
  struct dm_http_exchange *following = NULL;
  if (now < http->checked + STALL_CHECK)
    return;
  http->checked = now;
  for (struct dm_http_exchange *x = http->first; x != NULL; x = following) {
    following = x->following;
    if (dm_http_idle(x) >= http->options.stall_timeout) {
      dm_http_exchange_fail_stall(x);
      end(x, CURLE_OK);
      return; /* its owner may have cancelled others: look again later */
    }
  }
}

int dm_http_poll(struct dm_http *http, int timeout, struct dm_error *err) {
  int running = 0;
  int queued = 0;
  CURLMsg *message = NULL;
  if (http->first != NULL && timeout > STALL_CHECK) /* that no byte comes must be noticed, too */
    timeout = STALL_CHECK;
  if (curl_multi_poll(http->multi, NULL, 0, timeout, NULL) != CURLM_OK ||
      curl_multi_perform(http->multi, &running) != CURLM_OK)
    return dm_error_errno(err, ENOMEM, "libcurl");
  while ((message = curl_multi_info_read(http->multi, &queued)) != NULL) {
    struct dm_http_exchange *x = NULL;
    CURLcode code = message->data.result;
    (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&x);
    end(x, code);
  }
  check_stalls(http);
  return 0;
}

void dm_http_wake(struct dm_http *http) {
  (void)curl_multi_wakeup(http->multi);
}
