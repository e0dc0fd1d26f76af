/* Feeds bytes to every back end, in pieces, and demands that all accept what the strictest, zlib,
 * accepts, and make the same content of it. ISA-L may accept more in one respect: a deflate stream whose
 * Huffman codes are incomplete. The first byte chooses the piece size and whether the rest is gzip data or
 * a deflate stream, around which a header and the right trailer are put, since chance finds no checksum. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datamaestro/inflate.h"

enum { CONTENT_LIMIT = 1 << 16, OUT_SIZE = 4096, HEADER_SIZE = 10, TRAILER_SIZE = 8 };

struct result {
  bool accepted;
  uint64_t garbage;
  size_t size;
  unsigned char *content; /* CONTENT_LIMIT bytes */
  struct dm_error err;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool step_all(struct dm_inflate *inflate, const uint8_t *bytes, size_t size, size_t out_size,
                     struct result *result) {
  struct dm_inflate_io io = {.in = bytes, .in_size = size};
  unsigned char out[OUT_SIZE];
  do {
    io.out = out;
    io.out_size = out_size;
    if (dm_inflate_step(inflate, &io, &result->err) != 0)
      return false;
    size_t made = out_size - io.out_size;
    memcpy(result->content + result->size, out, made);
    result->size += made;
  } while (io.out_size == 0);
  if (io.in_size != 0)
    abort(); /* output was left free: all input must be used */
  return true;
}

static void decode(const char *backend, const uint8_t *bytes, size_t size, size_t piece,
                   struct result *result) {
  struct dm_inflate *inflate = NULL;
  struct dm_inflate_options options = {.backend = backend, .subject = "fuzz", .limit = CONTENT_LIMIT - 1};
  result->size = 0;
  result->err.message[0] = '\0';
  if (dm_inflate_open(&inflate, &options, &result->err) != 0)
    abort();
  result->accepted = true;
  for (size_t done = 0; result->accepted && done < size; done += piece) {
    size_t length = size - done < piece ? size - done : piece;
    result->accepted = step_all(inflate, bytes + done, length, piece % OUT_SIZE + 1, result);
  }
  result->accepted = result->accepted && dm_inflate_finish(inflate, &result->err) == 0;
  result->garbage = dm_inflate_garbage(inflate);
  dm_inflate_close(inflate);
}

static void put_number(unsigned char *out, unsigned long number) {
  for (int i = 0; i < 4; i++)
    out[i] = (unsigned char)(number >> (8 * i));
}

/* Bytes that the back end reads until it finds the checksum wrong, which it is, byte by byte; 0 when it
 * finds something else. The message tells the checksum that would be right. */
static size_t find_end(const char *backend, const unsigned char *bytes, size_t size, struct result *result) {
  struct dm_inflate *inflate = NULL;
  struct dm_inflate_options options = {.backend = backend, .subject = "fuzz", .limit = CONTENT_LIMIT - 1};
  size_t done = 0;
  result->size = 0;
  result->err.message[0] = '\0';
  if (dm_inflate_open(&inflate, &options, &result->err) != 0)
    abort();
  while (done < size && step_all(inflate, bytes + done, 1, OUT_SIZE, result))
    done++;
  dm_inflate_close(inflate);
  return strstr(result->err.message, "content with CRC") != NULL ? done + 1 : 0;
}

/* Puts a member around a deflate stream, with the checks of what `backend` makes of it; NULL when it
 * makes nothing of it. */
static unsigned char *frame(const char *backend, const uint8_t *stream, size_t size, size_t *framed_size,
                            struct result *result) {
  static const unsigned char header[HEADER_SIZE] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff};
  unsigned char *framed = calloc(1, HEADER_SIZE + size + TRAILER_SIZE);
  if (framed == NULL)
    abort();
  memcpy(framed, header, HEADER_SIZE);
  memcpy(framed + HEADER_SIZE, stream, size);
  *framed_size = find_end(backend, framed, HEADER_SIZE + size + TRAILER_SIZE, result);
  const char *crc = strstr(result->err.message, "CRC ");
  if (*framed_size == 0 || crc == NULL) {
    free(framed);
    return NULL;
  }
  put_number(framed + *framed_size - TRAILER_SIZE, strtoul(crc + 4, NULL, 16));
  put_number(framed + *framed_size - 4, result->size);
  return framed;
}

static void compare(const struct result *zlib, const struct result *other) {
  bool same = zlib->accepted == other->accepted;
  if (same && zlib->accepted)
    same = zlib->size == other->size && zlib->garbage == other->garbage &&
           memcmp(zlib->content, other->content, zlib->size) == 0;
  if (!zlib->accepted && strstr(zlib->err.message, "(deflate stream expected)") != NULL)
    same = true;
  if (same)
    return;
  (void)fprintf(stderr, "zlib %d, %zu bytes, %s / other %d, %zu bytes, %s\n", zlib->accepted, zlib->size,
                zlib->err.message, other->accepted, other->size, other->err.message);
  abort();
}

static void compare_all(const uint8_t *bytes, size_t size, size_t piece, struct result results[2]) {
  decode("zlib", bytes, size, size + 1, &results[0]);
  for (size_t i = 0; dm_inflate_backend(i) != NULL; i++) {
    decode(dm_inflate_backend(i), bytes, size, piece, &results[1]);
    compare(&results[0], &results[1]);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  struct result results[2] = {{.content = malloc(CONTENT_LIMIT)}, {.content = malloc(CONTENT_LIMIT)}};
  size_t piece = 1 + (data[0] >> 1);
  if (results[0].content == NULL || results[1].content == NULL)
    abort();
  if ((data[0] & 1) == 0)
    compare_all(data + 1, size - 1, piece, results);
  for (size_t i = 0; (data[0] & 1) == 1 && dm_inflate_backend(i) != NULL; i++) {
    size_t framed_size = 0;
    unsigned char *framed = frame(dm_inflate_backend(i), data + 1, size - 1, &framed_size, &results[0]);
    if (framed != NULL)
      compare_all(framed, framed_size, piece, results);
    free(framed);
  }
  free(results[0].content);
  free(results[1].content);
  return 0;
}
