#include "datamaestro/concat.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive_content.h"
#include "datamaestro/printable.h"

enum { ZEROS = 64 * 1024 };                         /* bytes of a hole that are handed out at once */
enum { SUBJECT_SIZE = 4096 + 3 * DM_ARCHIVE_NAME }; /* of the archive's and a member's name */

struct dm_concat {
  struct dm_reader reader;
  const struct dm_concat_options *options;
  struct dm_archive_walk walk;
  struct dm_rewrite *rewrite; /* NULL without rules */
  bool ended;
  bool failed;
  struct dm_error failure; /* when `failed` */
  uint64_t entries;
  uint64_t garbage;
  uint64_t bytes; /* handed out */
  /* The member at hand. */
  struct dm_reader content; /* its bytes as they are in the archive */
  struct dm_decode *decode; /* NULL: none */
  struct dm_reader *last;   /* of its readers; NULL: no member at hand */
  char subject[SUBJECT_SIZE];
  struct dm_archive_piece piece; /* what was not yet handed out; size 0: none */
  int64_t position;              /* bytes that were */
  int64_t end;                   /* bytes so far, with the piece */
  bool complete;                 /* `end` is the end */
};

static const unsigned char zeros[ZEROS];

int dm_concat_decode_find(const char *name) {
  if (strcmp(name, "auto") == 0)
    return DM_CONCAT_BY_NAME;
  int format = dm_decode_find(name);
  return format >= 0 ? format : strcmp(name, "none") == 0 ? DM_CONCAT_NONE : -3;
}

static int format_by_name(const char *name) {
  static const struct {
    const char *ending;
    int format;
  } formats[] = {{".gz", DM_DECODE_GZIP},
                 {".bz2", DM_DECODE_BZIP2},
                 {".xz", DM_DECODE_XZ},
                 {".zst", DM_DECODE_ZSTD},
                 {".lz4", DM_DECODE_LZ4}};
  size_t size = strlen(name);
  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
    size_t length = strlen(formats[i].ending);
    if (size > length && strcasecmp(name + size - length, formats[i].ending) == 0)
      return formats[i].format;
  }
  return DM_CONCAT_NONE;
}

static struct dm_concat *of_content(struct dm_reader *reader) {
  return (struct dm_concat *)((char *)reader - offsetof(struct dm_concat, content));
}

static int read_piece(struct dm_concat *concat, struct dm_error *err) {
  concat->piece.size = 0;
  if (concat->complete)
    return 0;
  int status = dm_archive_content_next(&concat->walk, &concat->piece, &concat->end, err);
  if (status < 0)
    return -1;
  concat->complete = status == 0;
  if (concat->complete)
    concat->piece.size = 0;
  else if (concat->piece.offset < concat->position)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: damaged (place of content expected)", concat->subject);
  return 0;
}

/* The content of the member at hand, holes as zeros. */
static int next_content(struct dm_reader *reader, const unsigned char **bytes, size_t *size,
                        struct dm_error *err) {
  struct dm_concat *concat = of_content(reader);
  while (concat->piece.size == 0 && !concat->complete)
    if (read_piece(concat, err) != 0)
      return -1;
  int64_t until = concat->complete ? concat->end : concat->piece.offset;
  int64_t hole = until - concat->position;
  if (hole > 0 || concat->complete) {
    *bytes = zeros;
    *size = hole < ZEROS ? (size_t)hole : ZEROS;
  } else {
    *bytes = concat->piece.bytes;
    *size = concat->piece.size;
    concat->piece.size = 0;
  }
  concat->position += (int64_t)*size;
  return 0;
}

static int refuse_link(const struct dm_concat *concat, struct dm_error *err) {
  char shown[256];
  const char *target = concat->walk.library.hardlink(concat->walk.entry);
  return dm_archive_refuse(err, concat->options->archive.subject, concat->walk.clean,
                           "a hard link to '%s' (file with content expected)",
                           dm_printable_text(shown, sizeof shown, target, strlen(target)));
}

/* What is made of compressed members counts, too. */
static uint64_t bytes_left(const struct dm_concat *concat) {
  uint64_t limit = concat->options->archive.bytes;
  return concat->bytes < limit ? limit - concat->bytes : 0;
}

static int open_decode(struct dm_concat *concat, struct dm_error *err) {
  int format = concat->options->decode;
  if (format == DM_CONCAT_BY_NAME)
    format = format_by_name(concat->walk.clean);
  if (format < 0)
    return 0;
  struct dm_decode_options options = {.format = (enum dm_decode_format)format,
                                      .subject = concat->subject,
                                      .limit = bytes_left(concat),
                                      .ratio = concat->options->archive.ratio,
                                      .memory = concat->options->archive.memory};
  if (dm_decode_open(&concat->decode, concat->last, &options, err) != 0)
    return -1;
  concat->last = dm_decode_reader(concat->decode);
  return 0;
}

static int open_member(struct dm_concat *concat, struct dm_error *err) {
  char shown[2 * DM_ARCHIVE_NAME];
  const char *name = concat->walk.clean;
  if (!concat->walk.is_file)
    return refuse_link(concat, err);
  (void)snprintf(concat->subject, sizeof concat->subject, "%s: member '%s'", concat->options->archive.subject,
                 dm_printable_text(shown, sizeof shown, name, strlen(name)));
  if (++concat->entries > concat->options->archive.entries)
    return dm_error_set(err, DM_ERROR_FORMAT,
                        "%s: %" PRIu64 " members or more (%" PRIu64 " at most expected)",
                        concat->options->archive.subject, concat->entries, concat->options->archive.entries);
  concat->piece.size = 0;
  concat->position = 0;
  concat->end = 0;
  concat->complete = false;
  concat->last = &concat->content;
  if (dm_archive_content_announce(&concat->walk, err) != 0 || open_decode(concat, err) != 0)
    return -1;
  if (concat->rewrite == NULL)
    return 0;
  if (dm_rewrite_begin(concat->rewrite, concat->last, concat->subject, err) != 0)
    return -1;
  concat->last = dm_rewrite_reader(concat->rewrite);
  return 0;
}

static void close_member(struct dm_concat *concat) {
  if (concat->decode != NULL)
    concat->garbage += dm_decode_garbage(concat->decode);
  dm_decode_close(concat->decode);
  concat->decode = NULL;
  concat->last = NULL;
}

/* Of all members together, as of a single compressed one. */
static int check_amount(const struct dm_concat *concat, struct dm_error *err) {
  char content[32];
  char data[32];
  const struct dm_archive_options *options = &concat->options->archive;
  uint64_t size = concat->walk.input.size;
  if (concat->bytes > options->bytes)
    return dm_error_set(err, DM_ERROR_FORMAT,
                        "%s: %" PRIu64 " bytes in all or more (%" PRIu64 " at most expected)",
                        concat->subject, concat->bytes, options->bytes);
  if (options->ratio == 0 || concat->bytes < DM_DECODE_RATIO_FROM || concat->bytes / options->ratio < size)
    return 0;
  return dm_error_set(err, DM_ERROR_FORMAT,
                      "%s: %s in all or more from %s of archive (%" PRIu64 " times as much at most expected)",
                      concat->subject, dm_printable_size(content, sizeof content, concat->bytes),
                      dm_printable_size(data, sizeof data, size), options->ratio);
}

static int next_bytes(struct dm_concat *concat, const unsigned char **bytes, size_t *size,
                      struct dm_error *err) {
  *size = 0;
  while (*size == 0 && !concat->ended) {
    if (concat->last == NULL) {
      int status = dm_archive_walk_next(&concat->walk, err);
      concat->ended = status == 0;
      if (status < 0 || (status > 0 && open_member(concat, err) != 0))
        return -1;
    } else if (concat->last->next(concat->last, bytes, size, err) != 0) {
      return -1;
    } else if (*size == 0)
      close_member(concat);
  }
  concat->bytes += *size;
  return check_amount(concat, err);
}

static int next(struct dm_reader *reader, const unsigned char **bytes, size_t *size, struct dm_error *err) {
  struct dm_concat *concat = (struct dm_concat *)reader;
  struct dm_archive_locale locale;
  dm_archive_locale_enter(&locale);
  if (!concat->failed && next_bytes(concat, bytes, size, &concat->failure) != 0)
    concat->failed = true;
  dm_archive_locale_leave(&locale);
  if (!concat->failed)
    return 0;
  *size = 0;
  *err = concat->failure;
  return -1;
}

static int open_parts(struct dm_concat *concat, struct dm_error *err) {
  const struct dm_concat_options *options = concat->options;
  struct dm_archive_locale locale;
  if (options->rule_count > 0 &&
      dm_rewrite_open(&concat->rewrite, options->rules, options->rule_count, err) != 0)
    return -1;
  dm_archive_locale_enter(&locale);
  int status = dm_archive_walk_open(&concat->walk, err);
  dm_archive_locale_leave(&locale);
  return status;
}

int dm_concat_open(struct dm_concat **concat, const struct dm_concat_options *options, struct dm_error *err) {
  struct dm_concat *fresh = calloc(1, sizeof *fresh);
  *concat = NULL;
  if (fresh == NULL)
    return dm_error_errno(err, ENOMEM, options->archive.subject);
  fresh->reader.next = next;
  fresh->content.next = next_content;
  fresh->options = options;
  fresh->walk.options = &options->archive;
  fresh->walk.files_only = true;
  if (open_parts(fresh, err) != 0) {
    dm_concat_close(fresh);
    return -1;
  }
  *concat = fresh;
  return 0;
}

struct dm_reader *dm_concat_reader(struct dm_concat *concat) {
  return &concat->reader;
}

uint64_t dm_concat_entries(const struct dm_concat *concat) {
  return concat->entries;
}

uint64_t dm_concat_garbage(const struct dm_concat *concat) {
  return concat->garbage;
}

void dm_concat_close(struct dm_concat *concat) {
  if (concat == NULL)
    return;
  dm_decode_close(concat->decode);
  dm_rewrite_close(concat->rewrite);
  dm_archive_walk_close(&concat->walk);
  free(concat);
}
