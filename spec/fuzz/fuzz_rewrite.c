/* Rewrites text by rules, both from the input: a byte for the size of the blocks that the text comes in, then
 * the rules, each a line "PATTERN" (a filter) or "PATTERN\tWITH", up to an empty line, then the text. What
 * comes out must not depend on the blocks. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "datamaestro/buffer.h"
#include "datamaestro/printable.h"
#include "datamaestro/rewrite.h"

enum { RULES = 4, MAXIMUM = 4096 };

struct blocks {
  struct dm_reader reader;
  const unsigned char *bytes;
  size_t size;
  size_t block;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int next(struct dm_reader *reader, const unsigned char **bytes, size_t *size, struct dm_error *err) {
  struct blocks *blocks = (struct blocks *)reader;
  (void)err;
  *bytes = blocks->bytes;
  *size = blocks->size < blocks->block ? blocks->size : blocks->block;
  blocks->bytes += *size;
  blocks->size -= *size;
  return 0;
}

/* Splits the input, which ends with a zero byte; the text, or NULL. */
static char *split(char *input, struct dm_rewrite_rule *rules, size_t *count) {
  for (*count = 0; *input != '\n' && *count < RULES; ++*count) {
    char *end = strchr(input, '\n');
    if (end == NULL)
      return NULL;
    *end = '\0';
    char *with = strchr(input, '\t');
    if (with != NULL)
      *with++ = '\0';
    rules[*count] = (struct dm_rewrite_rule){input, with};
    input = end + 1;
  }
  return *input == '\n' ? input + 1 : NULL;
}

/* Whether all went well. */
static bool run(struct dm_rewrite *rewrite, const char *text, size_t size, size_t block,
                struct dm_buffer *out) {
  struct dm_error err;
  const unsigned char *bytes = NULL;
  size_t count = 0;
  struct blocks blocks = {{next}, (const unsigned char *)text, size, block};
  if (dm_rewrite_begin(rewrite, &blocks.reader, "fuzz", &err) != 0)
    abort();
  do {
    struct dm_reader *reader = dm_rewrite_reader(rewrite);
    if (reader->next(reader, &bytes, &count, &err) != 0) {
      if (!dm_printable_is_plain(err.message, strlen(err.message)))
        abort();
      return false;
    }
    dm_buffer_add(out, (const char *)bytes, count);
  } while (count > 0);
  return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct dm_error err;
  struct dm_rewrite_rule rules[RULES];
  struct dm_rewrite *rewrite = NULL;
  struct dm_buffer whole = {.bytes = NULL};
  struct dm_buffer pieces = {.bytes = NULL};
  size_t count = 0;
  if (size < 2 || size > MAXIMUM || memchr(data + 1, '\0', size - 1) != NULL)
    return 0;
  char *input = calloc(1, size);
  if (input == NULL)
    abort();
  memcpy(input, data + 1, size - 1);
  char *text = split(input, rules, &count);
  if (text != NULL && dm_rewrite_open(&rewrite, rules, count, &err) == 0) {
    size_t length = size - 1 - (size_t)(text - input);
    bool done = run(rewrite, text, length, SIZE_MAX, &whole);
    if (run(rewrite, text, length, data[0] + (size_t)1, &pieces) != done)
      abort();
    if (done &&
        (whole.size != pieces.size || (whole.size > 0 && memcmp(whole.bytes, pieces.bytes, whole.size) != 0)))
      abort();
  }
  dm_rewrite_close(rewrite);
  dm_buffer_close(&whole);
  dm_buffer_close(&pieces);
  free(input);
  return 0;
}
