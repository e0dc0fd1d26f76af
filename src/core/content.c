#include "datamaestro/content.h"

#include <inttypes.h>
#include <string.h>

int dm_content_open(struct dm_content *content, const struct dm_content_options *options,
                    struct dm_error *err) {
  struct dm_inflate_options inflate = {.subject = options->subject, .limit = options->limit};
  memset(content, 0, sizeof *content);
  content->options = options;
  content->part.fd = -1;
  int status = options->gunzip ? dm_inflate_open(&content->inflate, &inflate, err) : 0;
  if (status == 0)
    status = dm_digest_open(&content->digest, options->digests, err);
  if (status == 0)
    status = dm_part_open(&content->part, options->path, err);
  if (status != 0)
    dm_content_close(content);
  return status;
}

static int store(struct dm_content *content, const void *bytes, size_t size, struct dm_error *err) {
  if (dm_digest_update(&content->digest, bytes, size, err) != 0)
    return -1;
  return dm_part_write(&content->part, bytes, size, err);
}

static int store_plain(struct dm_content *content, const void *bytes, size_t size, struct dm_error *err) {
  uint64_t limit = content->options->limit;
  if (size > limit - content->part.size)
    return dm_error_set(err, DM_ERROR_FORMAT,
                        "%s: %" PRIu64 " bytes of content or more (%" PRIu64 " at most expected)",
                        content->options->subject, limit + 1, limit);
  return store(content, bytes, size, err);
}

int dm_content_write(struct dm_content *content, const void *bytes, size_t size, struct dm_error *err) {
  if (content->inflate == NULL)
    return store_plain(content, bytes, size, err);
  struct dm_inflate_io io = {.in = bytes, .in_size = size};
  for (;;) {
    io.out = content->options->buffer + content->filled;
    io.out_size = DM_CONTENT_BUFFER - content->filled;
    if (dm_inflate_step(content->inflate, &io, err) != 0)
      return -1;
    content->filled = DM_CONTENT_BUFFER - io.out_size;
    if (content->filled < DM_CONTENT_BUFFER)
      return 0;
    content->filled = 0;
    if (store(content, content->options->buffer, DM_CONTENT_BUFFER, err) != 0)
      return -1;
  }
}

int dm_content_finish(struct dm_content *content, struct dm_digest_hex *hex, struct dm_error *err) {
  if (content->inflate != NULL && dm_inflate_finish(content->inflate, err) != 0)
    return -1;
  if (store(content, content->options->buffer, content->filled, err) != 0)
    return -1;
  if (dm_digest_read(&content->digest, hex, err) != 0)
    return -1;
  return dm_part_finish(&content->part, err);
}

void dm_content_close(struct dm_content *content) {
  dm_part_discard(&content->part);
  dm_digest_close(&content->digest);
  dm_inflate_close(content->inflate);
  content->inflate = NULL;
}
