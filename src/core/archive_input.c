#include "archive_input.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "datamaestro/printable.h"

const char *dm_archive_recognise(const void *bytes, size_t size) {
  static const struct {
    const char *kind;
    size_t offset;
    size_t size;
    const char *magic;
  } kinds[] = {
      {"zip", 0, 4, "PK\3\4"},        {"zip", 0, 4, "PK\5\6"},  {"zip", 0, 4, "PK\7\10"},
      {"7z", 0, 6, "7z\xbc\xaf'\34"}, {"tar", 257, 5, "ustar"},
  };
  const unsigned char *head = bytes;
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (size >= kinds[i].offset + kinds[i].size &&
        memcmp(head + kinds[i].offset, kinds[i].magic, kinds[i].size) == 0)
      return kinds[i].kind;
  return NULL;
}

/* The reader that comes first: hands out what was read ahead, then the source's pieces. */
static int next_held(struct dm_reader *reader, const unsigned char **bytes, size_t *size,
                     struct dm_error *err) {
  struct dm_archive_input *input = (struct dm_archive_input *)reader;
  if (input->head_size > 0) {
    *bytes = input->head;
    *size = input->head_size;
    input->head_size = 0;
    return 0;
  }
  if (input->rest_size > 0) {
    *bytes = input->rest;
    *size = input->rest_size;
    input->rest_size = 0;
    return 0;
  }
  if (input->source->next(input->source, bytes, size, err) != 0)
    return -1;
  if (input->file == NULL)
    input->size += *size;
  return 0;
}

/* Reads until the head is full or the source at its end: then no more is asked of it, for a reader gives 0
 * again. */
static int read_head(struct dm_archive_input *input, struct dm_error *err) {
  while (input->head_size < sizeof input->head) {
    size_t size = 0;
    if (input->source->next(input->source, &input->rest, &size, err) != 0)
      return -1;
    if (size == 0)
      break;
    if (input->file == NULL)
      input->size += size;
    size_t room = sizeof input->head - input->head_size;
    size_t taken = size < room ? size : room;
    memcpy(input->head + input->head_size, input->rest, taken);
    input->head_size += taken;
    input->rest += taken;
    input->rest_size = size - taken;
  }
  return 0;
}

/* Of a file, all of whose bytes are known, the ratio is the one of the whole: a limit of content. */
static uint64_t limit_of_file(uint64_t size, uint64_t ratio) {
  uint64_t limit = 0;
  if (ratio == 0 || __builtin_mul_overflow(size, ratio, &limit))
    return DM_INFLATE_NO_LIMIT;
  return limit > DM_DECODE_RATIO_FROM ? limit : DM_DECODE_RATIO_FROM;
}

static int open_decode(struct dm_archive_input *input, const struct dm_archive_options *options, int format,
                       struct dm_error *err) {
  struct dm_decode_options decode = {.format = (enum dm_decode_format)format,
                                     .subject = options->subject,
                                     .limit = DM_INFLATE_NO_LIMIT,
                                     .ratio = options->ratio,
                                     .memory = options->memory};
  if (input->file != NULL) {
    decode.limit = limit_of_file(input->size, options->ratio);
    decode.ratio = 0;
  }
  if (dm_decode_open(&input->decode, &input->held, &decode, err) != 0)
    return -1;
  input->reader = dm_decode_reader(input->decode);
  return 0;
}

/* What was not recognised is no zip or 7z archive. */
static int check_kind(const struct dm_archive_input *input, const struct dm_archive_options *options,
                      bool recognised, struct dm_error *err) {
  const char *wanted = options->choice.kind;
  if (wanted == NULL || strcmp(wanted, input->kind) == 0)
    return 0;
  return dm_error_set(err, DM_ERROR_FORMAT, "%s: %s%s (%s archive expected)", options->subject,
                      recognised              ? input->kind
                      : input->decode != NULL ? "compressed data"
                                              : "other data",
                      recognised ? " archive" : "", wanted);
}

/* A tar archive may be of a kind without a magic number, so all else is left to libarchive to try as one. */
int dm_archive_input_open(struct dm_archive_input *input, const struct dm_archive_options *options,
                          struct dm_error *err) {
  input->held.next = next_held;
  input->reader = &input->held;
  input->source = options->source;
  if (input->source == NULL) {
    if (dm_source_open(&input->file, options->path, err) != 0)
      return -1;
    input->source = dm_source_reader(input->file);
    input->size = dm_source_size(input->file);
  }
  if (read_head(input, err) != 0)
    return -1;
  if (input->head_size == 0)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: empty (archive expected)", options->subject);
  input->kind = dm_archive_recognise(input->head, input->head_size);
  int format = dm_decode_recognise(input->head, input->head_size);
  if (input->kind == NULL && format >= 0 && open_decode(input, options, format, err) != 0)
    return -1;
  bool recognised = input->kind != NULL;
  if (!recognised)
    input->kind = "tar";
  if (check_kind(input, options, recognised, err) != 0)
    return -1;
  if (strcmp(input->kind, "tar") != 0 && input->file == NULL)
    return dm_error_set(err, DM_ERROR_FORMAT,
                        "%s: %s archive, whose list of members comes last (complete file expected)",
                        options->subject, input->kind);
  return 0;
}

static void keep_tail(struct dm_archive_input *input, const unsigned char *bytes, size_t size) {
  size_t taken = size < sizeof input->tail ? size : sizeof input->tail;
  memmove(input->tail, input->tail + taken, sizeof input->tail - taken);
  memcpy(input->tail + sizeof input->tail - taken, bytes + size - taken, taken);
}

static int next_piece(struct dm_archive_input *input, const unsigned char **bytes, size_t *size) {
  *size = 0;
  if (input->failed || input->ended)
    return input->failed ? -1 : 0;
  if (input->reader->next(input->reader, bytes, size, &input->failure) != 0) {
    input->failed = true;
    return -1;
  }
  input->ended = *size == 0;
  if (*size > 0)
    keep_tail(input, *bytes, *size);
  return 0;
}

static ssize_t read_piece(struct archive *archive, void *context, const void **buffer) {
  const unsigned char *bytes = NULL;
  size_t size = 0;
  (void)archive;
  if (next_piece(context, &bytes, &size) != 0)
    return ARCHIVE_FATAL;
  *buffer = bytes;
  return (ssize_t)size;
}

int dm_archive_input_attach(struct dm_archive_input *input, const struct dm_archive_library *library,
                            struct archive *archive, const char *path) {
  if (strcmp(input->kind, "tar") == 0)
    return library->open(archive, input, NULL, read_piece, NULL);
  return library->open_filename(archive, path, DM_SOURCE_BLOCK);
}

int dm_archive_input_skip(struct dm_archive_input *input, struct dm_error *err) {
  const unsigned char *bytes = NULL;
  size_t size = 0;
  if (next_piece(input, &bytes, &size) == 0)
    return 0;
  *err = input->failure;
  return -1;
}

/* What begins as no archive that we know. */
static int fail_first(const struct dm_archive_input *input, const char *subject, struct dm_error *err) {
  char hex[4 * 3 + 1] = "";
  if (dm_archive_recognise(input->head, sizeof input->head) != NULL)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: %s archive ends early, or is damaged (more expected)",
                        subject, input->kind);
  if (input->decode != NULL)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: compressed, but no archive (tar archive expected)",
                        subject);
  for (size_t i = 0; i < 4; i++)
    (void)snprintf(hex + 3 * i, sizeof hex - 3 * i, " %02x", input->head[i]);
  return dm_error_set(err, DM_ERROR_FORMAT, "%s: starts with%s (tar, zip or 7z archive expected)", subject,
                      hex);
}

int dm_archive_input_fail(const struct dm_archive_input *input, const struct dm_archive_library *library,
                          struct archive *archive, const char *subject, struct dm_error *err) {
  char text[256];
  const char *words = library->error_string(archive);
  if (input->failed) {
    *err = input->failure;
    return -1;
  }
  if (library->error_number(archive) == ENOMEM)
    return dm_error_errno(err, ENOMEM, subject);
  if (library->format(archive) == 0) /* then has_encrypted would read what is not there */
    return fail_first(input, subject, err);
  if (library->has_encrypted(archive) > 0)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: encrypted archive (plain one expected)", subject);
  if (input->ended)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: %s archive ends early (more expected)", subject,
                        input->kind);
  words = words != NULL ? words : "complete one expected";
  return dm_error_set(err, DM_ERROR_FORMAT, "%s: damaged %s archive (%s)", subject, input->kind,
                      dm_printable_text(text, sizeof text, words, strlen(words)));
}

void dm_archive_input_close(struct dm_archive_input *input) {
  dm_decode_close(input->decode);
  dm_source_close(input->file);
}
