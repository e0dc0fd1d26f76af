#include "archive_content.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "datamaestro/printable.h"
#include "datamaestro/pulse.h"

/* Bytes of a file after which their way to the disk begins, so that the end need not wait for all. */
enum { SYNC_STEP = 8 * 1024 * 1024 };

int dm_archive_content_beat(struct dm_archive_walk *walk, struct dm_error *err) {
  if (walk->options->beat == NULL)
    return 0;
  int64_t now = dm_pulse_now();
  if (now < walk->next_beat)
    return 0;
  walk->next_beat = now + DM_PULSE_PERIOD;
  return walk->options->beat(walk->options->context, walk->bytes, err);
}

/* Whether the archive may hold `bytes` in all, up to the member `name`. */
static int check_amount(const struct dm_archive_walk *walk, uint64_t bytes, const char *name,
                        struct dm_error *err) {
  char content[32];
  char data[32];
  const struct dm_archive_options *options = walk->options;
  if (bytes > options->bytes)
    return dm_archive_refuse(err, options->subject, name,
                             "%" PRIu64 " bytes in all or more (%" PRIu64 " at most expected)", bytes,
                             options->bytes);
  if (options->ratio == 0 || bytes < DM_DECODE_RATIO_FROM || bytes / options->ratio < walk->input.size)
    return 0;
  return dm_archive_refuse(err, options->subject, name,
                           "%s in all or more from %s of archive (%" PRIu64
                           " times as much at most expected)",
                           dm_printable_size(content, sizeof content, bytes),
                           dm_printable_size(data, sizeof data, walk->input.size), options->ratio);
}

static int fail_content(const struct dm_archive_walk *walk, const char *name, struct dm_error *err) {
  char text[256];
  const char *words = walk->library.error_string(walk->archive);
  if (walk->input.failed) {
    *err = walk->input.failure;
    return -1;
  }
  if (walk->library.error_number(walk->archive) == ENOMEM)
    return dm_error_errno(err, ENOMEM, walk->options->subject);
  if (walk->input.ended)
    return dm_archive_refuse(err, walk->options->subject, name, "ends early (more expected)");
  words = words != NULL ? words : "content expected";
  return dm_archive_refuse(err, walk->options->subject, name, "damaged (%s)",
                           dm_printable_text(text, sizeof text, words, strlen(words)));
}

/* The member's size as its header has it; -1 when it has none. */
static int64_t declared_size(const struct dm_archive_walk *walk) {
  return walk->library.size_is_set(walk->entry) != 0 ? walk->library.size(walk->entry) : -1;
}

int dm_archive_content_announce(const struct dm_archive_walk *walk, struct dm_error *err) {
  uint64_t before = walk->bytes + walk->passed;
  int64_t size = walk->library.size_is_set(walk->entry) != 0 ? walk->library.size(walk->entry) : 0;
  uint64_t sum = 0;
  if (size < 0 || __builtin_add_overflow(before, (uint64_t)size, &sum))
    return dm_archive_refuse(err, walk->options->subject, walk->clean, "damaged (size expected)");
  /* What a source still brings is not known yet: its ratio is held as the content comes. */
  bool is_known = walk->input.file != NULL || sum > walk->options->bytes;
  return is_known ? check_amount(walk, sum, walk->clean, err) : 0;
}

/* Gets the next piece: 1, or 0 when there is none. */
static int next_piece(const struct dm_archive_walk *walk, struct dm_archive_piece *piece, const char *name,
                      struct dm_error *err) {
  int status = walk->library.data_block(walk->archive, &piece->bytes, &piece->size, &piece->offset);
  if (walk->input.failed || (status != ARCHIVE_OK && status != ARCHIVE_EOF))
    return fail_content(walk, name, err);
  if (status == ARCHIVE_EOF)
    return 0;
  if (piece->offset < 0 || piece->offset > INT64_MAX - (int64_t)piece->size)
    return dm_archive_refuse(err, walk->options->subject, name, "damaged (place of content expected)");
  return 1;
}

/* Counts the file up to `end`, which was `before` until now. */
static int count(struct dm_archive_walk *walk, int64_t before, int64_t end, struct dm_error *err) {
  uint64_t bytes = walk->bytes + (uint64_t)(end - before);
  if (check_amount(walk, bytes + walk->passed, walk->clean, err) != 0)
    return -1;
  walk->bytes = bytes;
  return 0;
}

/* A hole at the end of a sparse file has no piece. Only tar archives have holes. */
static int fill_end(struct dm_archive_walk *walk, int64_t *end, struct dm_error *err) {
  int64_t size = declared_size(walk);
  int64_t before = *end;
  if (size < 0 || size == before)
    return 0;
  if (before > size || strcmp(walk->input.kind, "tar") != 0)
    return dm_archive_refuse(err, walk->options->subject, walk->clean,
                             "%" PRId64 " bytes of content (%" PRId64 " expected)", before, size);
  *end = size;
  return count(walk, before, size, err);
}

int dm_archive_content_next(struct dm_archive_walk *walk, struct dm_archive_piece *piece, int64_t *end,
                            struct dm_error *err) {
  int64_t before = *end;
  int status = next_piece(walk, piece, walk->clean, err);
  if (status <= 0)
    return status < 0 ? -1 : fill_end(walk, end, err);
  int64_t piece_end = piece->offset + (int64_t)piece->size;
  *end = piece_end > before ? piece_end : before;
  if (count(walk, before, *end, err) != 0 || dm_archive_content_beat(walk, err) != 0)
    return -1;
  return 1;
}

static int write_at(int fd, const char *bytes, size_t size, int64_t offset) {
  while (size > 0) {
    ssize_t written = pwrite(fd, bytes, size, offset);
    if (written < 0 && errno != EINTR)
      return -1;
    if (written > 0) {
      bytes += written;
      size -= (size_t)written;
      offset += written;
    }
  }
  return 0;
}

int dm_archive_content_write(struct dm_archive_walk *walk, int fd, struct dm_error *err) {
  struct dm_archive_piece piece;
  int64_t end = 0;
  int64_t synced = 0;
  int status = 0;
  while ((status = dm_archive_content_next(walk, &piece, &end, err)) > 0) {
    if (write_at(fd, piece.bytes, piece.size, piece.offset) != 0)
      return dm_error_errno(err, errno, walk->clean);
    if (end - synced >= SYNC_STEP) {
      (void)sync_file_range(fd, synced, end - synced, SYNC_FILE_RANGE_WRITE);
      synced = end;
    }
  }
  if (status < 0)
    return -1;
  return ftruncate(fd, end) == 0 ? 0 : dm_error_errno(err, errno, walk->clean);
}

int dm_archive_content_none(struct dm_archive_walk *walk, struct dm_error *err) {
  struct dm_archive_piece piece;
  int status = 0;
  while ((status = next_piece(walk, &piece, walk->clean, err)) > 0)
    if (piece.size > 0)
      return dm_archive_refuse(err, walk->options->subject, walk->clean,
                               "a folder or link with content (none expected)");
  return status;
}

/* The others are decoded in any case; a zip archive's next member stands elsewhere. */
int dm_archive_content_pass(struct dm_archive_walk *walk, const char *name, struct dm_error *err) {
  struct dm_archive_piece piece;
  int status = 0;
  if (strcmp(walk->input.kind, "zip") == 0)
    return 0;
  while ((status = next_piece(walk, &piece, name, err)) > 0) {
    walk->passed += piece.size;
    if (check_amount(walk, walk->bytes + walk->passed, name, err) != 0 ||
        dm_archive_content_beat(walk, err) != 0)
      return -1;
  }
  return status;
}
