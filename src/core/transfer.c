#include "datamaestro/transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "datamaestro/content.h"
#include "datamaestro/printable.h"
#include "datamaestro/ring.h"
#include "datamaestro/thread.h"
#include "served.h"

struct dm_transfer {
  struct dm_http *http;
  struct dm_ring *ring;
  unsigned char *buffer; /* DM_CONTENT_BUFFER bytes, of the decoding thread */
  bool busy;
};

/* One fetch. The calling thread owns all but what is marked. */
struct job {
  struct dm_transfer *transfer;
  const struct dm_transfer_request *request;
  struct dm_transfer_report *report;
  struct dm_pulse pulse;
  struct dm_served served;
  unsigned char *block; /* being filled; NULL when there is none yet */
  size_t filled;        /* bytes in it */
  bool started;         /* the decoding thread runs */
  pthread_t thread;
  char subject[DM_HTTP_URL_SIZE];
  struct dm_content_options options;
  /* The decoding thread's, until it is joined. */
  struct dm_content content;
  int status;
  struct dm_error err;
};

int dm_transfer_open(struct dm_transfer **transfer, struct dm_error *err) {
  struct dm_transfer *fresh = calloc(1, sizeof *fresh);
  *transfer = NULL;
  if (fresh == NULL || (fresh->buffer = malloc(DM_CONTENT_BUFFER)) == NULL) {
    free(fresh);
    return dm_error_errno(err, ENOMEM, "download");
  }
  if (dm_http_open(&fresh->http, err) != 0 || dm_ring_open(&fresh->ring, err) != 0) {
    dm_transfer_close(fresh);
    return -1;
  }
  *transfer = fresh;
  return 0;
}

void dm_transfer_close(struct dm_transfer *transfer) {
  if (transfer == NULL)
    return;
  dm_ring_close(transfer->ring);
  dm_http_close(transfer->http);
  free(transfer->buffer);
  free(transfer);
}

/* Decodes and writes block after block, until the end or a failure. */
static void consume(struct job *job) {
  struct dm_ring *ring = job->transfer->ring;
  const unsigned char *block = NULL;
  size_t size = 0;
  while (job->status == 0 && (block = dm_ring_take(ring, &size)) != NULL) {
    job->status = dm_content_write(&job->content, block, size, &job->err);
    dm_ring_release(ring);
  }
  dm_ring_stop(ring);
}

static void *run_thread(void *opaque) {
  consume(opaque);
  return NULL;
}

static int start_thread(struct job *job, struct dm_error *err) {
  int status = dm_thread_start(&job->thread, run_thread, job);
  if (status != 0)
    return dm_error_errno(err, status, "decoding thread");
  job->started = true;
  return 0;
}

static void join_thread(struct job *job) {
  if (job->started)
    (void)pthread_join(job->thread, NULL);
  job->started = false;
}

/* The thread left early: says why. */
static int fail_as_thread(struct job *job, struct dm_error *err) {
  join_thread(job);
  *err = job->err;
  return -1;
}

/* Waits for a block to fill, for as long as the disk needs. */
static int get_block(struct job *job, struct dm_error *err) {
  struct dm_ring *ring = job->transfer->ring;
  while ((job->block = dm_ring_space(ring, dm_pulse_wait(&job->pulse))) == NULL) {
    if (dm_ring_stopped(ring, 0))
      return fail_as_thread(job, err);
    if (dm_pulse_beat(&job->pulse, err) != 0)
      return -1;
  }
  job->filled = 0;
  return 0;
}

/* A thread is worth its start only when there is more than one block. */
static int push_block(struct job *job, struct dm_error *err) {
  if (!job->started && start_thread(job, err) != 0)
    return -1;
  dm_ring_push(job->transfer->ring, job->filled);
  job->block = NULL;
  return 0;
}

/* Gathers libcurl's small pieces into blocks. */
static int on_bytes(void *opaque, const void *bytes, size_t size, struct dm_error *err) {
  struct job *job = opaque;
  const unsigned char *next = bytes;
  if (dm_served_take(&job->served, bytes, size, err) != 0)
    return -1;
  while (size > 0) {
    if (job->block == NULL && get_block(job, err) != 0)
      return -1;
    size_t room = DM_RING_BLOCK - job->filled;
    size_t piece = size < room ? size : room;
    memcpy(job->block + job->filled, next, piece);
    job->filled += piece;
    next += piece;
    size -= piece;
    if (job->filled == DM_RING_BLOCK && push_block(job, err) != 0)
      return -1;
  }
  return 0;
}

static int on_response(void *opaque, const struct dm_http_response *response, struct dm_error *err) {
  struct job *job = opaque;
  return dm_served_expect(&job->served, response, err);
}

/* All bytes came: hands over the last block and waits until all is written. */
static int drain(struct job *job, struct dm_error *err) {
  struct dm_ring *ring = job->transfer->ring;
  if (job->block != NULL && job->filled > 0)
    dm_ring_push(ring, job->filled);
  dm_ring_end(ring);
  if (!job->started)
    consume(job);
  while (!dm_ring_stopped(ring, dm_pulse_wait(&job->pulse)))
    if (dm_pulse_beat(&job->pulse, err) != 0)
      return -1;
  join_thread(job);
  if (job->status != 0)
    return fail_as_thread(job, err);
  return 0;
}

static int receive(struct job *job, struct dm_error *err) {
  const struct dm_transfer_request *request = job->request;
  struct dm_http_request http = {
      .url = request->url,
      .user_agent = request->user_agent,
      .ca_file = request->ca_file,
      .headers = request->headers,
      .header_count = request->header_count,
      .connect_timeout = request->connect_timeout,
      .stall_timeout = request->stall_timeout,
      .pulse = &job->pulse,
      .context = job,
      .on_response = on_response,
      .on_bytes = on_bytes,
  };
  return dm_http_fetch(job->transfer->http, &http, &job->report->response, err);
}

/* The last beat tells the final numbers, whenever the one before was. */
static int finish(struct job *job, struct dm_error *err) {
  if (dm_served_check_end(&job->served, err) != 0 || drain(job, err) != 0)
    return -1;
  job->pulse.next = 0;
  if (dm_pulse_beat(&job->pulse, err) != 0)
    return -1;
  if (dm_content_finish(&job->content, &job->report->content_digests, err) != 0)
    return -1;
  job->report->content_size = job->content.part.size;
  if (job->content.inflate != NULL)
    job->report->garbage = dm_inflate_garbage(job->content.inflate);
  if (dm_served_finish(&job->served, err) == 0)
    return 0;
  (void)unlink(job->request->path); /* finished already, but one without the other is a failure */
  return -1;
}

static int run(struct job *job, struct dm_error *err) {
  dm_ring_restart(job->transfer->ring);
  int status = dm_content_open(&job->content, &job->options, err);
  if (status != 0)
    return -1;
  status = dm_served_open(&job->served, err);
  if (status == 0)
    status = receive(job, err);
  if (status == 0)
    status = finish(job, err);
  dm_ring_stop(job->transfer->ring);
  join_thread(job);
  dm_served_close(&job->served);
  dm_content_close(&job->content);
  return status;
}

int dm_transfer_fetch(struct dm_transfer *transfer, const struct dm_transfer_request *request,
                      struct dm_transfer_report *report, struct dm_error *err) {
  memset(report, 0, sizeof *report);
  struct job *job = calloc(1, sizeof *job);
  if (job == NULL)
    return dm_error_errno(err, ENOMEM, "download");
  job->transfer = transfer;
  job->request = request;
  job->report = report;
  job->pulse.beat = request->beat;
  job->pulse.context = request->beat_context;
  job->pulse.total = -1;
  job->pulse.next = dm_pulse_now() + DM_PULSE_PERIOD;
  job->served.request = request;
  job->served.report = report;
  job->served.subject = dm_printable_url(job->subject, sizeof job->subject, request->url);
  job->options = (struct dm_content_options){.path = request->path,
                                             .subject = job->subject,
                                             .gunzip = request->gunzip,
                                             .digests = request->content_digests,
                                             .limit = request->content_limit,
                                             .buffer = transfer->buffer};
  int status = 0;
  if (transfer->busy)
    status = dm_error_set(err, DM_ERROR_USAGE, "%s: another fetch is under way", job->subject);
  else {
    transfer->busy = true;
    status = run(job, err);
    transfer->busy = false;
  }
  free(job);
  return status;
}
