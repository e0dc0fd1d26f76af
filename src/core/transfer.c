#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "datamaestro/file.h"
#include "datamaestro/printable.h"
#include "datamaestro/pulse.h"
#include "transfer_parts.h"

/* Called on the follower's thread. */
static void notify(void *context) {
  struct dm_transfers *set = context;
  (void)pthread_mutex_lock(&set->mutex);
  (void)pthread_cond_broadcast(&set->changed);
  (void)pthread_mutex_unlock(&set->mutex);
  dm_http_wake(set->http);
}

static void join_follower(struct dm_transfer *t) {
  struct dm_transfers *set = t->set;
  (void)pthread_mutex_lock(&set->mutex);
  while (t->followed && !atomic_load(&t->follower.finished))
    (void)pthread_cond_wait(&set->changed, &set->mutex);
  (void)pthread_mutex_unlock(&set->mutex);
  t->followed = false;
}

static int start_follower(struct dm_transfer *t, struct dm_error *err) {
  t->follower.request = &t->request;
  t->follower.spool = t->spool;
  t->follower.checkpoint = &t->checkpoint;
  t->follower.asked = t->subject;
  t->follower.mutex = &t->set->mutex;
  t->follower.notify = notify;
  t->follower.context = t->set;
  struct dm_pool *pool = t->ended && !t->request.unpack ? t->set->finishers : t->set->pool;
  if (dm_follower_start(&t->follower, pool, err) != 0)
    return -1;
  t->followed = true;
  return 0;
}

int dm_transfer_follow(struct dm_transfer *t, struct dm_error *err) {
  return !t->followed && dm_spool_in_file(t->spool) ? start_follower(t, err) : 0;
}

static void settle(struct dm_transfer *t, enum dm_transfer_state state) {
  t->state = state;
  t->told = false;
  t->report.size = t->received;
}

void dm_transfer_fail(struct dm_transfer *t) {
  dm_transfer_hang_up(t);
  settle(t, DM_TRANSFER_FAILED);
}

int dm_transfer_start_over(struct dm_transfer *t, struct dm_error *err) {
  t->recognised = false;
  t->tainted = false;
  t->ended = false;
  t->received = 0;
  t->total = UINT64_MAX;
  t->report.head_size = 0;
  t->report.mixed = false;
  t->report.resumed = 0;
  memset(&t->source, 0, sizeof t->source);
  dm_checkpoint_source(&t->checkpoint, &t->source);
  (void)unlink(t->journal);
  return dm_spool_restart(t->spool, err);
}

/* Also where there is nothing to pause for: the source wants to be asked from the first byte on. */
void dm_transfer_pause(struct dm_transfer *t) {
  uint64_t here = t->assigned;
  for (size_t i = 0; i < DM_TRANSFER_LANES; i++)
    if (t->lanes[i].used && t->lanes[i].next < here)
      here = t->lanes[i].next;
  t->received = here;
  if (!t->over) {
    settle(t, DM_TRANSFER_PAUSED);
    return;
  }
  if (dm_transfer_start_over(t, &t->err) != 0 || dm_transfer_ask(t, 0, &t->err) != 0)
    dm_transfer_fail(t);
}

void dm_transfer_end(struct dm_transfer *t) {
  struct dm_served served = {.request = &t->request, .report = &t->report, .subject = t->subject};
  t->report.size = t->received;
  if ((!t->recognised && dm_served_recognise(&served, (int64_t)t->received, &t->err) != 0) ||
      dm_served_check_end(&served, &t->err) != 0) {
    t->tainted = true;
    settle(t, DM_TRANSFER_PAUSED);
    return;
  }
  t->ended = true;
  dm_spool_end(t->spool);
  if (!t->followed && start_follower(t, &t->err) != 0)
    dm_transfer_fail(t);
}

static void take_results(struct dm_transfer *t) {
  const struct dm_follower *f = &t->follower;
  t->report.digests = f->digests;
  t->report.content_size = f->content_size;
  t->report.content_digests = f->content_digests;
  t->report.garbage = f->garbage;
  t->report.entries = f->entries;
}

/* The part file of before is wrong: it goes, and all begins at the first byte. */
static int begin_anew(struct dm_transfer *t, struct dm_error *err) {
  struct dm_spool *fresh = NULL;
  if (dm_checkpoint_wait(&t->checkpoint, err) != 0)
    return -1;
  (void)unlink(t->part);
  if (dm_spool_open(&fresh, t->part, err) != 0)
    return -1;
  dm_spool_close(t->spool);
  t->spool = fresh;
  t->checkpoint.spool = fresh;
  t->followed = false;
  memset(&t->follower, 0, sizeof t->follower);
  bool to_file = t->request.keep != NULL || t->request.unpack;
  if (dm_transfer_start_over(t, err) != 0 || (to_file && dm_spool_to_file(t->spool, err) != 0))
    return -1;
  return dm_transfer_ask(t, 0, err);
}

/* The part file of before is right: the network goes on where it ends. */
static int go_on(struct dm_transfer *t, struct dm_error *err) {
  uint64_t from = t->follower.start.offset;
  t->verifying = false;
  if (t->total != from)
    return dm_transfer_ask(t, from, err);
  t->received = from;
  t->recognised = true;
  t->assigned = from;
  dm_transfer_end(t);
  return 0;
}

void dm_transfer_look(struct dm_transfer *t) {
  int status = 0;
  if (t->state == DM_TRANSFER_FAILED || t->state == DM_TRANSFER_DONE || !t->followed)
    return;
  bool finished = atomic_load(&t->follower.finished);
  if (t->verifying && finished && t->follower.outcome == DM_FOLLOWER_MISMATCH) {
    t->verifying = false;
    status = begin_anew(t, &t->err);
  } else if (t->verifying && atomic_load(&t->follower.verified))
    status = go_on(t, &t->err);
  else if (finished && t->follower.outcome == DM_FOLLOWER_DONE) {
    take_results(t);
    settle(t, DM_TRANSFER_DONE);
  } else if (finished) {
    t->err = t->follower.err;
    status = -1;
  }
  if (status != 0)
    dm_transfer_fail(t);
}

static int note_url(struct dm_transfer *t, struct dm_error *err) {
  struct dm_digest digest = {{NULL}};
  struct dm_digest_hex hex;
  (void)pthread_mutex_lock(&t->set->mutex); /* the follower reads it */
  (void)dm_printable_url(t->subject, sizeof t->subject, t->request.url);
  (void)pthread_mutex_unlock(&t->set->mutex);
  int status = dm_digest_open(&digest, 1U << DM_DIGEST_SHA256, err);
  if (status == 0)
    status = dm_digest_update(&digest, t->request.url, strlen(t->request.url), err);
  if (status == 0)
    status = dm_digest_read(&digest, &hex, err);
  dm_digest_close(&digest);
  if (status == 0)
    memcpy(t->url_digest, hex.of[DM_DIGEST_SHA256], sizeof t->url_digest);
  return status;
}

/* Whether there is a part file that this request may continue; `start` says from where. */
static bool can_resume(struct dm_transfer *t, struct dm_journal_record *start) {
  struct stat part;
  if (dm_journal_read(t->journal, start) != 0 || lstat(t->part, &part) != 0)
    return false;
  if (!S_ISREG(part.st_mode) || start->offset > (uint64_t)part.st_size || access(t->part, R_OK | W_OK) != 0)
    return false;
  if ((t->request.digests & 1U << start->kind) == 0)
    return false;
  if (t->request.size >= 0 && (start->offset > (uint64_t)t->request.size ||
                               (start->source.total >= 0 && start->source.total != t->request.size)))
    return false;
  if (t->request.unpack && start->offset < DM_TRANSFER_HEAD) /* too little to tell what archive it is */
    return false;
  return t->request.proven || strcmp(start->source.url_digest, t->url_digest) == 0;
}

/* The follower reads what is there, and the network waits until it is known to be right. */
static int resume(struct dm_transfer *t, const struct dm_journal_record *start, struct dm_error *err) {
  t->follower.start = *start;
  t->source = start->source;
  t->total = start->source.total >= 0 ? (uint64_t)start->source.total : UINT64_MAX;
  t->report.resumed = start->offset;
  t->report.mixed = true;
  t->verifying = true;
  t->recognised = true; /* it was, when these bytes came */
  dm_checkpoint_source(&t->checkpoint, &t->source);
  if (dm_spool_continue(t->spool, start->offset, err) != 0)
    return -1;
  return start_follower(t, err);
}

/* A file of this machine needs no part file of its own, if it is only read. */
static bool is_attachable(const struct dm_transfer *t) {
  bool is_read = t->request.unpack || t->request.decode >= 0 || t->request.rule_count > 0;
  return t->request.local != NULL && t->request.keep == NULL && is_read;
}

static int attach(struct dm_transfer *t, struct dm_error *err) {
  uint64_t size = 0;
  const unsigned char *head = NULL;
  size_t head_size = 0;
  if (dm_spool_attach(t->spool, t->request.local, &size, err) != 0)
    return -1;
  if (size > 0 && dm_spool_read(t->spool, 0, &head, &head_size, err) != DM_SPOOL_BYTES)
    return -1;
  t->report.head_size = head_size < DM_TRANSFER_HEAD ? head_size : DM_TRANSFER_HEAD;
  if (t->report.head_size > 0)
    memcpy(t->report.head, head, t->report.head_size);
  t->received = t->total = t->assigned = size;
  dm_transfer_end(t);
  return 0;
}

static int begin(struct dm_transfer *t, struct dm_error *err) {
  struct dm_journal_record start;
  if (note_url(t, err) != 0 || dm_spool_open(&t->spool, t->part, err) != 0)
    return -1;
  t->checkpoint.spool = t->spool;
  if (is_attachable(t))
    return attach(t, err);
  if (can_resume(t, &start))
    return resume(t, &start, err);
  if ((t->request.keep != NULL || t->request.unpack) && dm_spool_to_file(t->spool, err) != 0)
    return -1;
  return dm_transfer_ask(t, 0, err);
}

static void link_in(struct dm_transfers *set, struct dm_transfer *t) {
  t->set = set;
  t->following = set->first;
  if (set->first != NULL)
    set->first->before = t;
  set->first = t;
}

int dm_transfer_start(struct dm_transfers *set, const struct dm_transfer_request *request,
                      struct dm_transfer **transfer, struct dm_error *err) {
  struct dm_transfer *t = calloc(1, sizeof *t);
  *transfer = NULL;
  if (t == NULL)
    return dm_error_errno(err, ENOMEM, "download");
  if (dm_transfer_request_check(request, err) != 0 ||
      dm_transfer_request_copy(&t->request, request, err) != 0) {
    dm_transfer_request_free(&t->request);
    free(t);
    return -1;
  }
  link_in(set, t);
  t->total = UINT64_MAX;
  t->report.response.length = -1;
  t->report.response.retry_after = -1;
  (void)snprintf(t->part, sizeof t->part, "%s.part", t->request.spool);
  (void)snprintf(t->journal, sizeof t->journal, "%s.journal", t->request.spool);
  t->checkpoint.path = t->journal;
  t->checkpoint.pool = set->pool;
  dm_checkpoint_open(&t->checkpoint);
  if (begin(t, err) != 0) {
    dm_transfer_close(t);
    return -1;
  }
  *transfer = t;
  return 0;
}

int dm_transfer_again(struct dm_transfer *t, const char *url, const char *token, struct dm_error *err) {
  bool failed = false;
  bool same = strcmp(url, t->request.url) == 0;
  char *url_copy = dm_transfer_copy_string(url, &failed);
  char *token_copy = dm_transfer_copy_string(token, &failed);
  if (failed) {
    free(url_copy);
    free(token_copy);
    return dm_error_errno(err, ENOMEM, "download");
  }
  free((char *)t->request.url);
  free((char *)t->request.token);
  t->request.url = url_copy;
  t->request.token = token_copy;
  if (note_url(t, err) != 0)
    return -1;
  bool continues = !t->tainted && (t->request.proven || (same && t->source.url_digest[0] != '\0'));
  t->report.passing = false;
  if (!(continues && t->received > 0) && dm_transfer_start_over(t, err) != 0)
    return -1;
  if (dm_transfer_ask(t, t->received, err) != 0)
    return -1;
  t->state = DM_TRANSFER_RUNNING;
  return 0;
}

/* Whether a later transfer may go on from what is here. A full disk is to get its room back. */
static bool may_be_resumed(const struct dm_transfer *t) {
  bool bad = t->tainted || (t->state == DM_TRANSFER_FAILED && t->err.code == DM_ERROR_FORMAT);
  return t->state != DM_TRANSFER_DONE && t->err.code != DM_ERROR_SPACE && !bad;
}

static bool is_worth_keeping(const struct dm_transfer *t) {
  struct dm_journal_record record;
  return may_be_resumed(t) && dm_journal_read(t->journal, &record) == 0;
}

static void link_out(struct dm_transfer *t) {
  if (t->before != NULL)
    t->before->following = t->following;
  else
    t->set->first = t->following;
  if (t->following != NULL)
    t->following->before = t->before;
}

/* What the follower has finished, though nobody was told of it. What it has not, it removes itself. */
static void remove_content(const struct dm_transfer *t) {
  struct dm_error unused;
  if (atomic_load(&t->follower.finished) && t->follower.outcome == DM_FOLLOWER_DONE)
    (void)dm_file_remove_tree(t->request.path, &unused);
}

void dm_transfer_close(struct dm_transfer *t) {
  if (t == NULL)
    return;
  dm_transfer_hang_up(t);
  if (t->followed)
    dm_follower_stop(&t->follower, may_be_resumed(t));
  join_follower(t);
  dm_checkpoint_close(&t->checkpoint);
  bool in_file = t->spool != NULL && dm_spool_in_file(t->spool);
  dm_spool_close(t->spool);
  if (t->state != DM_TRANSFER_DONE)
    remove_content(t);
  if (in_file && !is_worth_keeping(t)) {
    (void)unlink(t->part);
    (void)unlink(t->journal);
  }
  link_out(t);
  dm_transfer_request_free(&t->request);
  free(t);
}
