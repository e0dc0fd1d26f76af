#include "datamaestro/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "datamaestro/pulse.h"

struct dm_probes {
  struct dm_http *http;
  struct dm_probe *first; /* of all */
};

struct dm_probe {
  struct dm_probes *set;
  struct dm_probe *before;
  struct dm_probe *following;
  struct dm_http_exchange *exchange; /* NULL once it has ended */
  char *url;
  char *token;
  size_t wanted; /* bytes */
  bool ended;
  bool told; /* dm_probes_next has given it */
  void *mark;
  struct dm_probe_report report;
};

int dm_probes_open(struct dm_probes **probes, const struct dm_http_options *options, struct dm_error *err) {
  struct dm_probes *fresh = calloc(1, sizeof *fresh);
  *probes = NULL;
  if (fresh == NULL)
    return dm_error_errno(err, ENOMEM, "probes");
  if (dm_http_open(&fresh->http, options, err) != 0) {
    dm_probes_close(fresh);
    return -1;
  }
  *probes = fresh;
  return 0;
}

static void free_probe(struct dm_probe *probe) {
  dm_http_cancel(probe->exchange);
  free(probe->url);
  free(probe->token);
  free(probe);
}

void dm_probes_close(struct dm_probes *probes) {
  struct dm_probe *following = NULL;
  if (probes == NULL)
    return;
  for (struct dm_probe *probe = probes->first; probe != NULL; probe = following) {
    following = probe->following;
    free_probe(probe);
  }
  dm_http_close(probes->http);
  free(probes);
}

static void link_in(struct dm_probes *probes, struct dm_probe *probe) {
  probe->set = probes;
  probe->following = probes->first;
  if (probes->first != NULL)
    probes->first->before = probe;
  probes->first = probe;
}

static void link_out(struct dm_probe *probe) {
  if (probe->before != NULL)
    probe->before->following = probe->following;
  else
    probe->set->first = probe->following;
  if (probe->following != NULL)
    probe->following->before = probe->before;
}

void dm_probe_close(struct dm_probe *probe) {
  if (probe == NULL)
    return;
  link_out(probe);
  free_probe(probe);
}

static int on_response(void *context, const struct dm_http_response *response, struct dm_error *err) {
  (void)context;
  (void)response; /* on_end has it, too */
  (void)err;
  return 0;
}

static int on_bytes(void *context, const void *bytes, size_t size, struct dm_error *err) {
  struct dm_probe *probe = context;
  struct dm_probe_report *report = &probe->report;
  (void)err;
  size_t room = probe->wanted - report->head_size;
  if (size > room)
    size = room;
  memcpy(report->head + report->head_size, bytes, size);
  report->head_size += size;
  return report->head_size == probe->wanted; /* a server that sends the whole is told to stop */
}

static int64_t size_of(const struct dm_http_response *response) {
  return response->range.total >= 0 || response->status == 206 ? response->range.total : response->length;
}

static void on_end(void *context, const struct dm_http_response *response,
                   const struct dm_http_failure *failure) {
  struct dm_probe *probe = context;
  probe->exchange = NULL;
  probe->ended = true;
  probe->report.response = *response;
  probe->report.failed = failure != NULL;
  if (failure != NULL)
    probe->report.failure = *failure;
  probe->report.size = size_of(response);
}

static int begin(struct dm_probe *probe, const struct dm_probe_request *request, struct dm_error *err) {
  probe->url = strdup(request->url);
  probe->token = request->token != NULL ? strdup(request->token) : NULL;
  if (probe->url == NULL || (request->token != NULL && probe->token == NULL))
    return dm_error_errno(err, ENOMEM, "probe");
  struct dm_http_request question = {
      .url = probe->url,
      .token = probe->token,
      .until = probe->wanted,
      .size = (int64_t)probe->wanted,
      .bare = probe->wanted == 0,
      .context = probe,
      .on_response = on_response,
      .on_bytes = on_bytes,
      .on_end = on_end,
  };
  return dm_http_start(probe->set->http, &question, &probe->exchange, err);
}

int dm_probe_start(struct dm_probes *probes, const struct dm_probe_request *request, struct dm_probe **probe,
                   struct dm_error *err) {
  struct dm_probe *fresh = calloc(1, sizeof *fresh);
  *probe = NULL;
  if (fresh == NULL)
    return dm_error_errno(err, ENOMEM, "probe");
  fresh->wanted = request->bytes < DM_PROBE_HEAD_SIZE ? request->bytes : DM_PROBE_HEAD_SIZE;
  fresh->report.size = -1;
  link_in(probes, fresh);
  if (begin(fresh, request, err) != 0) {
    dm_probe_close(fresh);
    return -1;
  }
  *probe = fresh;
  return 0;
}

static struct dm_probe *find_news(const struct dm_probes *probes) {
  for (struct dm_probe *probe = probes->first; probe != NULL; probe = probe->following)
    if (probe->ended && !probe->told)
      return probe;
  return NULL;
}

int dm_probes_wait(struct dm_probes *probes, int timeout, struct dm_error *err) {
  int64_t until = dm_pulse_now() + timeout;
  int64_t left = timeout;
  while (find_news(probes) == NULL && left >= 0) {
    if (dm_http_poll(probes->http, (int)left, err) != 0)
      return -1;
    left = until - dm_pulse_now();
    left = left > 0 ? left : -1;
  }
  return 0;
}

struct dm_probe *dm_probes_next(struct dm_probes *probes) {
  struct dm_probe *probe = find_news(probes);
  if (probe != NULL)
    probe->told = true;
  return probe;
}

const struct dm_probe_report *dm_probe_report(const struct dm_probe *probe) {
  return &probe->report;
}

void dm_probe_mark(struct dm_probe *probe, void *mark) {
  probe->mark = mark;
}

void *dm_probe_marked(const struct dm_probe *probe) {
  return probe->mark;
}
