/* Feeds bytes to a decoder, once in pieces of one size and once whole, and demands the same content, the same
 * verdict, and that the limit holds. The first byte chooses the format and the size of the pieces.
 * Seeds come from fuzz_decode.sh. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "datamaestro/decode.h"

enum { LIMIT = 1 << 16, MEMORY = 1 << 20 };

/* The reader at the beginning of the chain. */
struct pieces {
  struct dm_reader reader;
  const uint8_t *bytes;
  size_t size;
  size_t piece;
  unsigned char held[4096]; /* so that a piece that is kept too long is found */
};

struct result {
  bool accepted;
  size_t size;
  uint64_t garbage;
  unsigned char content[LIMIT];
  struct dm_error err;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int next(struct dm_reader *reader, const unsigned char **bytes, size_t *size, struct dm_error *err) {
  struct pieces *pieces = (struct pieces *)reader;
  (void)err;
  *size = pieces->size < pieces->piece ? pieces->size : pieces->piece;
  memset(pieces->held, 0xa5, sizeof pieces->held);
  memcpy(pieces->held, pieces->bytes, *size);
  *bytes = pieces->held;
  pieces->bytes += *size;
  pieces->size -= *size;
  return 0;
}

static void read_all(struct dm_reader *reader, struct result *result) {
  const unsigned char *bytes = NULL;
  size_t size = 1;
  result->size = 0;
  result->accepted = true;
  while (result->accepted && size > 0) {
    if (reader->next(reader, &bytes, &size, &result->err) != 0) {
      result->accepted = false;
      break;
    }
    if (size > LIMIT - result->size)
      abort();
    memcpy(result->content + result->size, bytes, size);
    result->size += size;
  }
}

static void decode(int format, const uint8_t *bytes, size_t size, size_t piece, struct result *result) {
  static struct pieces pieces;
  struct dm_decode *decode = NULL;
  struct dm_error again;
  const unsigned char *none = NULL;
  size_t count = 0;
  struct dm_decode_options options = {
      .format = (enum dm_decode_format)format, .subject = "fuzz", .limit = LIMIT, .memory = MEMORY};
  pieces = (struct pieces){.reader = {next}, .bytes = bytes, .size = size, .piece = piece};
  if (dm_decode_open(&decode, &pieces.reader, &options, &result->err) != 0)
    abort();
  struct dm_reader *reader = dm_decode_reader(decode);
  read_all(reader, result);
  /* The end, or the failure, comes again. */
  if ((reader->next(reader, &none, &count, &again) == 0) != result->accepted || count != 0)
    abort();
  if (!result->accepted && strcmp(again.message, result->err.message) != 0)
    abort();
  result->garbage = dm_decode_garbage(decode);
  dm_decode_close(decode);
}

/* Damage may be seen before or after some content, and its place be told as another. */
static void compare(const struct result *one, const struct result *other) {
  if (one->accepted != other->accepted)
    abort();
  size_t size = one->size < other->size ? one->size : other->size;
  if (memcmp(one->content, other->content, size) != 0)
    abort();
  if (one->accepted && (one->size != other->size || one->garbage != other->garbage))
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct result whole;
  static struct result cut;
  if (size < 1 || size > 4096)
    return 0;
  int format = data[0] % DM_DECODE_FORMATS;
  size_t piece = 1 + (size_t)data[0] / DM_DECODE_FORMATS;
  (void)dm_decode_recognise(data + 1, size - 1);
  decode(format, data + 1, size - 1, 4096, &whole);
  decode(format, data + 1, size - 1, piece, &cut);
  compare(&whole, &cut);
  return 0;
}
