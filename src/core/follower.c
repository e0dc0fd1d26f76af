#include "follower.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "datamaestro/archive.h"
#include "datamaestro/concat.h"
#include "datamaestro/content.h"
#include "datamaestro/decode.h"
#include "datamaestro/file.h"
#include "datamaestro/pulse.h"

enum { ARCHIVE_HEAD = 512 }; /* bytes that tell what an archive is */
enum { NOTE_AFTER = 1000 };  /* milliseconds */
enum { NOTE_PERIOD = 2000 }; /* milliseconds after which a slow download is noted, however little came */

static enum dm_digest_kind best_kind(unsigned mask) {
  static const enum dm_digest_kind order[] = {DM_DIGEST_SHA256, DM_DIGEST_SHA512, DM_DIGEST_SHA1,
                                              DM_DIGEST_MD5};
  for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
    if ((mask & 1U << order[i]) != 0)
      return order[i];
  return DM_DIGEST_SHA256;
}

/* The journal of before speaks of the bytes up to an offset: a block ends there. */
static size_t cut(const struct dm_follower *f, uint64_t at, size_t size) {
  uint64_t until = at < f->start.offset ? f->start.offset : UINT64_MAX;
  return size < until - at ? size : (size_t)(until - at);
}

static int verify(struct dm_follower *f, const struct dm_digest_hex *hex, struct dm_error *err) {
  if (strcmp(hex->of[best_kind(f->request->digests)], f->start.digest) != 0) {
    f->outcome = DM_FOLLOWER_MISMATCH;
    return dm_error_set(err, DM_ERROR, "%s: part file is not what its journal says", f->subject);
  }
  atomic_store(&f->verified, true);
  f->noted = f->start.offset;
  f->notify(f->context);
  return 0;
}

/* Whether the bytes as served are the content. */
static bool is_content(const struct dm_follower *f) {
  return !f->request->unpack && f->request->decode < 0 && f->request->rule_count == 0;
}

/* A part file that is only passed through is brought to the disk when the download takes a while: a short one
 * is sooner fetched again. */
static bool is_worth_noting(const struct dm_follower *f) {
  return dm_spool_in_file(f->spool) && (is_content(f) || dm_pulse_now() - f->began > NOTE_AFTER);
}

/* Notes that all bytes before `at` are right. */
static int note(struct dm_follower *f, uint64_t at, struct dm_error *err) {
  struct dm_digest_hex hex;
  enum dm_digest_kind kind = best_kind(f->request->digests);
  if (dm_digest_read(&f->digest, &hex, err) != 0)
    return -1;
  dm_checkpoint_note(f->checkpoint, at, kind, hex.of[kind]);
  f->noted = at;
  f->noted_at = dm_pulse_now();
  return 0;
}

/* Compares with what the journal of before says, and notes what the next one will say. */
static int look_back(struct dm_follower *f, uint64_t at, struct dm_error *err) {
  struct dm_digest_hex hex;
  bool must_verify = at == f->start.offset && !atomic_load(&f->verified);
  bool is_due = at >= f->noted + DM_TRANSFER_STEP || dm_pulse_now() > f->noted_at + NOTE_PERIOD;
  if (must_verify)
    return dm_digest_read(&f->digest, &hex, err) != 0 ? -1 : verify(f, &hex, err);
  bool may_note =
      is_due && at > f->start.offset && is_worth_noting(f) && dm_checkpoint_is_free(f->checkpoint);
  return may_note ? note(f, at, err) : 0;
}

/* What came since the last note is not lost for being told to give up. */
static void note_rest(struct dm_follower *f) {
  struct dm_error unused;
  uint64_t at = atomic_load(&f->position);
  if (at > f->noted && at > f->start.offset && is_worth_noting(f) &&
      dm_checkpoint_wait(f->checkpoint, &unused) == 0)
    (void)note(f, at, &unused);
}

/* The reading ends before its time. */
static int fail_pass(struct dm_follower *f, enum dm_spool_state state, struct dm_error *err) {
  if (state == DM_SPOOL_FAILED)
    return -1;
  f->outcome = state == DM_SPOOL_STOPPED ? DM_FOLLOWER_STOPPED : DM_FOLLOWER_RESTARTED;
  if (state == DM_SPOOL_STOPPED)
    note_rest(f);
  return dm_error_set(err, DM_ERROR_INTERRUPTED, "%s: stopped", f->subject);
}

/* The reader that decoders and archives pull from. */
static int next(struct dm_reader *reader, const unsigned char **bytes, size_t *size, struct dm_error *err) {
  struct dm_follower *f = (struct dm_follower *)((char *)reader - offsetof(struct dm_follower, reader));
  uint64_t at = atomic_load(&f->position);
  enum dm_spool_state state = dm_spool_read(f->spool, at, bytes, size, err);
  if (state == DM_SPOOL_ENDED) {
    *size = 0;
    return 0;
  }
  if (state != DM_SPOOL_BYTES)
    return fail_pass(f, state, err);
  *size = cut(f, at, *size);
  if (dm_digest_update(&f->digest, *bytes, *size, err) != 0)
    return -1;
  atomic_store(&f->position, at + *size);
  return look_back(f, at + *size, err);
}

static int fail_limit(const struct dm_follower *f, struct dm_error *err) {
  uint64_t limit = f->request->content_limit;
  return dm_error_set(err, DM_ERROR_FORMAT,
                      "%s: %" PRIu64 " bytes of content or more (%" PRIu64 " at most expected)", f->subject,
                      limit + 1, limit);
}

/* Reads all; `content` NULL where the part file is the content. */
static int drain(struct dm_follower *f, struct dm_reader *reader, struct dm_content *content,
                 struct dm_error *err) {
  const unsigned char *bytes = NULL;
  size_t size = 0;
  f->content_size = 0;
  do {
    if (reader->next(reader, &bytes, &size, err) != 0)
      return -1;
    f->content_size += size;
    if (f->content_size > f->request->content_limit)
      return fail_limit(f, err);
    if (content != NULL && dm_content_write(content, bytes, size, err) != 0)
      return -1;
  } while (size > 0);
  return 0;
}

static int write_content(struct dm_follower *f, struct dm_reader *reader, struct dm_error *err) {
  struct dm_content *content = NULL;
  if (dm_content_open(&content, f->request->path, f->request->content_digests, err) != 0)
    return -1;
  int status = drain(f, reader, content, err);
  if (status == 0)
    status = dm_content_finish(content, &f->content_digests, &f->content_size, err);
  dm_content_close(content);
  return status;
}

/* By way of the lines' rules, where there are some. */
static int write_lines(struct dm_follower *f, struct dm_reader *reader, struct dm_error *err) {
  struct dm_rewrite *rewrite = NULL;
  if (f->request->rule_count == 0)
    return write_content(f, reader, err);
  if (dm_rewrite_open(&rewrite, f->request->rules, f->request->rule_count, err) != 0)
    return -1;
  int status = dm_rewrite_begin(rewrite, reader, f->subject, err);
  if (status == 0)
    status = write_content(f, dm_rewrite_reader(rewrite), err);
  dm_rewrite_close(rewrite);
  return status;
}

static int decode(struct dm_follower *f, struct dm_error *err) {
  struct dm_decode *z = NULL;
  struct dm_decode_options options = {.format = (enum dm_decode_format)f->request->decode,
                                      .subject = f->subject,
                                      .limit = f->request->content_limit,
                                      .ratio = DM_DECODE_RATIO};
  if (f->request->rule_count > 0) /* which may leave little of it */
    options.limit = DM_INFLATE_NO_LIMIT;
  if (dm_decode_open(&z, &f->reader, &options, err) != 0)
    return -1;
  int status = write_lines(f, dm_decode_reader(z), err);
  f->garbage = dm_decode_garbage(z);
  dm_decode_close(z);
  return status;
}

static struct dm_archive_options archive_options(const struct dm_follower *f, struct dm_reader *source,
                                                 const char *path) {
  return (struct dm_archive_options){.subject = f->subject,
                                     .folder = f->request->path,
                                     .source = source,
                                     .path = path,
                                     .bytes = DM_ARCHIVE_BYTES,
                                     .entries = DM_ARCHIVE_ENTRIES,
                                     .ratio = DM_ARCHIVE_RATIO,
                                     .choice = f->request->choice};
}

static int concat(struct dm_follower *f, struct dm_reader *source, const char *path, struct dm_error *err) {
  struct dm_concat *concat = NULL;
  struct dm_concat_options options = {.archive = archive_options(f, source, path),
                                      .decode = f->request->concat_decode,
                                      .rules = f->request->rules,
                                      .rule_count = f->request->rule_count};
  if (dm_concat_open(&concat, &options, err) != 0)
    return -1;
  int status = write_content(f, dm_concat_reader(concat), err);
  f->entries = dm_concat_entries(concat);
  f->garbage = dm_concat_garbage(concat);
  dm_concat_close(concat);
  return status;
}

static int extract(struct dm_follower *f, struct dm_reader *source, const char *path, struct dm_error *err) {
  struct dm_archive_report report;
  struct dm_archive_options options = archive_options(f, source, path);
  if (f->request->concat)
    return concat(f, source, path, err);
  if (dm_archive_extract(&options, &report, err) != 0)
    return -1;
  f->content_size = report.bytes;
  f->entries = report.entries;
  return 0;
}

/* A tar archive is extracted as it comes; the others keep their list of members at the end. */
static int unpack(struct dm_follower *f, struct dm_error *err) {
  const unsigned char *head = (const unsigned char *)"";
  size_t size = 0;
  enum dm_spool_state state =
      dm_spool_read(f->spool, ARCHIVE_HEAD - 1, &head, &size, err); /* until all is there */
  if (state == DM_SPOOL_BYTES || state == DM_SPOOL_ENDED)
    state = dm_spool_read(f->spool, 0, &head, &size, err);
  if (state != DM_SPOOL_BYTES && state != DM_SPOOL_ENDED)
    return fail_pass(f, state, err);
  const char *kind = dm_archive_recognise(head, size < ARCHIVE_HEAD ? size : ARCHIVE_HEAD);
  if (kind == NULL || strcmp(kind, "tar") == 0)
    return extract(f, &f->reader, NULL, err);
  char part[4096];
  (void)snprintf(part, sizeof part, "%s.part", f->request->spool);
  const char *path = dm_spool_in_file(f->spool) ? part : f->request->local;
  return drain(f, &f->reader, NULL, err) != 0 ? -1 : extract(f, NULL, path, err);
}

static int pass(struct dm_follower *f, struct dm_error *err) {
  atomic_store(&f->position, 0);
  (void)pthread_mutex_lock(f->mutex);
  (void)snprintf(f->subject, sizeof f->subject, "%s", f->asked);
  (void)pthread_mutex_unlock(f->mutex);
  f->noted = 0;
  f->began = dm_pulse_now();
  f->noted_at = f->began;
  if (dm_digest_open(&f->digest, f->request->digests | f->request->content_digests, err) != 0)
    return -1;
  int status = 0;
  if (f->request->unpack)
    status = unpack(f, err);
  else if (f->request->decode >= 0)
    status = decode(f, err);
  else if (!is_content(f) || !dm_spool_in_file(f->spool))
    status = write_lines(f, &f->reader, err);
  else
    status = drain(f, &f->reader, NULL, err);
  if (status == 0)
    status = dm_digest_read(&f->digest, &f->digests, err);
  dm_digest_close(&f->digest);
  return status;
}

/* The part file is the content: it takes its place. */
static int move(struct dm_follower *f, struct dm_error *err) {
  char part[4096];
  (void)snprintf(part, sizeof part, "%s.part", f->request->spool);
  f->content_digests = f->digests;
  if (dm_spool_sync(f->spool, err) != 0)
    return -1;
  return dm_file_move(part, f->request->path, err);
}

static int keep(struct dm_follower *f, struct dm_error *err) {
  char part[4096];
  (void)snprintf(part, sizeof part, "%s.part", f->request->spool);
  if (dm_spool_sync(f->spool, err) != 0)
    return -1;
  if (unlink(f->request->keep) != 0 && errno != ENOENT)
    return dm_error_errno(err, errno, f->request->keep);
  return link(part, f->request->keep) == 0 ? 0 : dm_error_errno(err, errno, f->request->keep);
}

static int finish(struct dm_follower *f, struct dm_error *err) {
  if (dm_checkpoint_wait(f->checkpoint, err) != 0)
    return -1;
  if (f->request->keep != NULL && keep(f, err) != 0)
    return -1;
  return is_content(f) && dm_spool_in_file(f->spool) ? move(f, err) : 0;
}

static void run(void *opaque) {
  struct dm_follower *f = opaque;
  int status = 0;
  do {
    f->outcome = DM_FOLLOWER_FAILED;
    status = pass(f, &f->err);
    if (status != 0 && f->outcome == DM_FOLLOWER_FAILED && dm_spool_is_restarted(f->spool))
      f->outcome = DM_FOLLOWER_RESTARTED; /* it was bytes that count no more */
  } while (status != 0 && f->outcome == DM_FOLLOWER_RESTARTED);
  if (status == 0)
    status = finish(f, &f->err);
  if (status == 0)
    f->outcome = DM_FOLLOWER_DONE;
  void (*notify)(void *) = f->notify;
  void *context = f->context;
  atomic_store(&f->finished, true);
  notify(context);
}

int dm_follower_start(struct dm_follower *f, struct dm_pool *pool, struct dm_error *err) {
  f->reader.next = next;
  f->job = (struct dm_job){.run = run, .context = f};
  atomic_store(&f->finished, false);
  atomic_store(&f->verified, f->start.offset == 0);
  return dm_pool_submit(pool, &f->job, err);
}

void dm_follower_stop(const struct dm_follower *f, bool to_resume) {
  if (to_resume && is_content(f)) /* others may have long to go */
    dm_spool_leave(f->spool);
  else
    dm_spool_stop(f->spool);
}
