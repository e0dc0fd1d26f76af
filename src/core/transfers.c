#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

#include "datamaestro/pulse.h"
#include "transfer_parts.h"

enum { FINISHERS = 4 }; /* threads */
enum { ARENAS = 2 };    /* of malloc: one a thread would hold memory that the others want */

int dm_transfers_open(struct dm_transfers **transfers, const struct dm_http_options *options,
                      struct dm_error *err) {
  struct dm_transfers *fresh = calloc(1, sizeof *fresh);
  *transfers = NULL;
  if (fresh == NULL)
    return dm_error_errno(err, ENOMEM, "downloads");
  (void)mallopt(M_ARENA_MAX, ARENAS);
  (void)pthread_mutex_init(&fresh->mutex, NULL);
  (void)pthread_cond_init(&fresh->changed, NULL);
  fresh->host_connections = options->host_connections;
  if (dm_http_open(&fresh->http, options, err) != 0 || dm_pool_open(&fresh->pool, SIZE_MAX, err) != 0 ||
      dm_pool_open(&fresh->finishers, FINISHERS, err) != 0) {
    dm_transfers_close(fresh);
    return -1;
  }
  *transfers = fresh;
  return 0;
}

void dm_transfers_close(struct dm_transfers *transfers) {
  if (transfers == NULL)
    return;
  while (transfers->first != NULL)
    dm_transfer_close(transfers->first);
  dm_pool_close(transfers->pool); /* its jobs wake http */
  dm_pool_close(transfers->finishers);
  dm_http_close(transfers->http);
  (void)pthread_cond_destroy(&transfers->changed);
  (void)pthread_mutex_destroy(&transfers->mutex);
  free(transfers);
}

/* Whether a transfer has stopped running and was not given out. */
static bool has_news(const struct dm_transfer *t) {
  return t->state != DM_TRANSFER_RUNNING && !t->told;
}

static bool look_at_all(struct dm_transfers *transfers) {
  bool news = false;
  for (struct dm_transfer *t = transfers->first; t != NULL; t = t->following) {
    dm_transfer_look(t);
    if (t->state == DM_TRANSFER_RUNNING && !t->ended)
      dm_transfer_grow(t);
    news = news || has_news(t);
  }
  return news;
}

int dm_transfers_wait(struct dm_transfers *transfers, int timeout, struct dm_error *err) {
  int64_t until = dm_pulse_now() + timeout;
  int64_t left = timeout;
  while (!look_at_all(transfers) && left >= 0) {
    if (dm_http_poll(transfers->http, (int)left, err) != 0)
      return -1;
    left = until - dm_pulse_now();
    left = left > 0 ? left : -1;
  }
  return 0;
}

struct dm_transfer *dm_transfers_next(struct dm_transfers *transfers) {
  for (struct dm_transfer *t = transfers->first; t != NULL; t = t->following)
    if (has_news(t)) {
      t->told = true;
      return t;
    }
  return NULL;
}

enum dm_transfer_state dm_transfer_state(const struct dm_transfer *transfer) {
  return transfer->state;
}

const struct dm_transfer_report *dm_transfer_report(const struct dm_transfer *transfer) {
  return &transfer->report;
}

const struct dm_error *dm_transfer_error(const struct dm_transfer *transfer) {
  return &transfer->err;
}

struct dm_transfer_progress dm_transfer_progress(const struct dm_transfer *t) {
  struct dm_transfer_progress progress = {.received = t->received,
                                          .total = t->total != UINT64_MAX ? (int64_t)t->total : -1,
                                          .receiving = !t->verifying && !t->ended};
  if (t->verifying)
    progress.received = t->report.resumed;
  for (size_t i = 0; i < DM_TRANSFER_LANES; i++) {
    const struct dm_http_exchange *exchange = t->lanes[i].exchange;
    double idle = exchange != NULL ? dm_http_idle(exchange) : 0;
    if (exchange != NULL && (progress.connections == 0 || idle < progress.idle))
      progress.idle = idle;
    progress.connections += exchange != NULL;
  }
  return progress;
}

void dm_transfer_mark(struct dm_transfer *transfer, void *mark) {
  transfer->mark = mark;
}

void *dm_transfer_marked(const struct dm_transfer *transfer) {
  return transfer->mark;
}
