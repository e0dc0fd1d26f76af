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

int dm_archive_content_beat(struct dm_extraction *x, struct dm_error *err) {
  if (x->options->beat == NULL)
    return 0;
  int64_t now = dm_pulse_now();
  if (now < x->next_beat)
    return 0;
  x->next_beat = now + DM_PULSE_PERIOD;
  return x->options->beat(x->options->context, x->report->bytes, err);
}

/* Whether the archive may hold `bytes` in all, up to the member `name`. */
static int check_amount(const struct dm_extraction *x, uint64_t bytes, const char *name,
                        struct dm_error *err) {
  char content[32];
  char data[32];
  uint64_t ratio = x->options->ratio;
  if (bytes > x->options->bytes)
    return dm_archive_refuse(err, x->options->subject, name,
                             "%" PRIu64 " bytes in all or more (%" PRIu64 " at most expected)", bytes,
                             x->options->bytes);
  if (ratio == 0 || bytes < DM_DECODE_RATIO_FROM || bytes / ratio < x->input.size)
    return 0;
  return dm_archive_refuse(err, x->options->subject, name,
                           "%s in all or more from %s of archive (%" PRIu64
                           " times as much at most expected)",
                           dm_printable_size(content, sizeof content, bytes),
                           dm_printable_size(data, sizeof data, x->input.size), ratio);
}

static int fail_content(const struct dm_extraction *x, const char *name, struct dm_error *err) {
  char text[256];
  const char *words = x->library.error_string(x->archive);
  if (x->input.failed) {
    *err = x->input.failure;
    return -1;
  }
  if (x->library.error_number(x->archive) == ENOMEM)
    return dm_error_errno(err, ENOMEM, x->options->subject);
  if (x->input.ended)
    return dm_archive_refuse(err, x->options->subject, name, "ends early (more expected)");
  words = words != NULL ? words : "content expected";
  return dm_archive_refuse(err, x->options->subject, name, "damaged (%s)",
                           dm_printable_text(text, sizeof text, words, strlen(words)));
}

int dm_archive_content_announce(const struct dm_extraction *x, struct archive_entry *entry, const char *name,
                                struct dm_error *err) {
  int64_t size = x->library.size_is_set(entry) != 0 ? x->library.size(entry) : 0;
  uint64_t sum = 0;
  if (size < 0 || __builtin_add_overflow(x->report->bytes, (uint64_t)size, &sum))
    return dm_archive_refuse(err, x->options->subject, name, "damaged (size expected)");
  /* What a source still brings is not known yet: its ratio is held as the content comes. */
  return x->input.file != NULL || sum > x->options->bytes ? check_amount(x, sum, name, err) : 0;
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

/* One piece of content; `end` is where the file ends so far. Holes have no pieces. */
struct piece {
  const void *bytes;
  size_t size;
  int64_t offset;
};

/* Gets the next piece; 1 when there is none. */
static int next_piece(const struct dm_extraction *x, struct piece *piece, const char *name,
                      struct dm_error *err) {
  int status = x->library.data_block(x->archive, &piece->bytes, &piece->size, &piece->offset);
  if (x->input.failed || (status != ARCHIVE_OK && status != ARCHIVE_EOF))
    return fail_content(x, name, err);
  if (status == ARCHIVE_EOF)
    return 1;
  if (piece->offset < 0 || piece->offset > INT64_MAX - (int64_t)piece->size)
    return dm_archive_refuse(err, x->options->subject, name, "damaged (place of content expected)");
  return 0;
}

static int write_pieces(struct dm_extraction *x, const char *name, int fd, int64_t *end,
                        struct dm_error *err) {
  struct piece piece;
  uint64_t before = x->report->bytes;
  int64_t synced = 0;
  int status = 0;
  while ((status = next_piece(x, &piece, name, err)) == 0) {
    int64_t piece_end = piece.offset + (int64_t)piece.size;
    *end = piece_end > *end ? piece_end : *end;
    if (check_amount(x, before + (uint64_t)*end, name, err) != 0)
      return -1;
    if (write_at(fd, piece.bytes, piece.size, piece.offset) != 0)
      return dm_error_errno(err, errno, name);
    x->report->bytes = before + (uint64_t)*end;
    if (*end - synced >= SYNC_STEP) {
      (void)sync_file_range(fd, synced, *end - synced, SYNC_FILE_RANGE_WRITE);
      synced = *end;
    }
    if (dm_archive_content_beat(x, err) != 0)
      return -1;
  }
  return status < 0 ? -1 : 0;
}

/* A hole at the end of a sparse file has no piece. Only tar archives have holes. */
static int fill_end(struct dm_extraction *x, uint64_t before, int64_t size, const char *name, int64_t *end,
                    struct dm_error *err) {
  if (*end > size || strcmp(x->input.kind, "tar") != 0)
    return dm_archive_refuse(err, x->options->subject, name,
                             "%" PRId64 " bytes of content (%" PRId64 " expected)", *end, size);
  *end = size;
  x->report->bytes = before + (uint64_t)size;
  return check_amount(x, x->report->bytes, name, err);
}

int dm_archive_content_write(struct dm_extraction *x, struct archive_entry *entry, const char *name, int fd,
                             struct dm_error *err) {
  uint64_t before = x->report->bytes;
  int64_t end = 0;
  int64_t size = x->library.size_is_set(entry) != 0 ? x->library.size(entry) : -1;
  if (write_pieces(x, name, fd, &end, err) != 0)
    return -1;
  if (size >= 0 && size != end && fill_end(x, before, size, name, &end, err) != 0)
    return -1;
  return ftruncate(fd, end) == 0 ? 0 : dm_error_errno(err, errno, name);
}

int dm_archive_content_none(struct dm_extraction *x, const char *name, struct dm_error *err) {
  struct piece piece;
  int status = 0;
  while ((status = next_piece(x, &piece, name, err)) == 0)
    if (piece.size > 0)
      return dm_archive_refuse(err, x->options->subject, name,
                               "a folder or link with content (none expected)");
  return status < 0 ? -1 : 0;
}
