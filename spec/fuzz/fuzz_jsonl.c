/* Lines of text and JSON on them: the same whatever the pieces in which the bytes come, and JSON is what a
 * plain reader by the grammar takes for JSON.
 *
 * Seeds: spec/fuzz/jsonl/one.jsonl spec/fuzz/jsonl/two.jsonl
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "datamaestro/json.h"
#include "datamaestro/lines.h"

int LLVMFuzzerTestOneInput(const unsigned char *input, size_t size);

static void require(bool holds) {
  if (!holds)
    abort();
}

/* A text in pieces of a few bytes. */
struct pieces {
  struct dm_reader reader;
  const unsigned char *bytes;
  size_t size;
  size_t piece;
};

static int next(struct dm_reader *reader, const unsigned char **bytes, size_t *size, struct dm_error *err) {
  struct pieces *pieces = (struct pieces *)reader;
  (void)err;
  *bytes = pieces->bytes;
  *size = pieces->size < pieces->piece ? pieces->size : pieces->piece;
  pieces->bytes += *size;
  pieces->size -= *size;
  return 0;
}

/* A plain reader of JSON by the grammar of RFC 8259, which only says whether the bytes are a value. */
struct plain {
  const char *at;
  const char *end;
};

static void space(struct plain *plain) {
  while (plain->at < plain->end && (*plain->at == ' ' || *plain->at == '\t' || *plain->at == '\r'))
    plain->at++;
}

static bool word(struct plain *plain, const char *text) {
  size_t size = strlen(text);
  if ((size_t)(plain->end - plain->at) < size || memcmp(plain->at, text, size) != 0)
    return false;
  plain->at += size;
  return true;
}

static bool digits(struct plain *plain) {
  const char *from = plain->at;
  while (plain->at < plain->end && *plain->at >= '0' && *plain->at <= '9')
    plain->at++;
  return plain->at > from;
}

static bool number(struct plain *plain) {
  (void)word(plain, "-");
  if (!word(plain, "0") && !digits(plain))
    return false;
  if (word(plain, ".") && !digits(plain))
    return false;
  if (word(plain, "e") || word(plain, "E")) {
    if (!word(plain, "+"))
      (void)word(plain, "-");
    return digits(plain);
  }
  return true;
}

static bool hex(struct plain *plain) {
  for (int i = 0; i < 4; i++, plain->at++)
    if (plain->at >= plain->end || *plain->at == '\0' || strchr("0123456789abcdefABCDEF", *plain->at) == NULL)
      return false;
  return true;
}

static bool string(struct plain *plain) {
  if (!word(plain, "\""))
    return false;
  while (plain->at < plain->end && *plain->at != '"') {
    unsigned char byte = (unsigned char)*plain->at++;
    if (byte < 0x20)
      return false;
    if (byte != '\\')
      continue;
    if (plain->at >= plain->end || *plain->at == '\0' || strchr("\"\\/bfnrtu", *plain->at) == NULL)
      return false;
    if (*plain->at++ == 'u' && !hex(plain))
      return false;
  }
  return word(plain, "\"");
}

static bool value(struct plain *plain, int depth);

static bool members(struct plain *plain, int depth, bool is_object) {
  const char *closing = is_object ? "}" : "]";
  if (depth > DM_JSON_DEPTH)
    return false;
  space(plain);
  if (word(plain, closing))
    return true;
  do {
    space(plain);
    if (is_object) {
      if (!string(plain))
        return false;
      space(plain);
      if (!word(plain, ":"))
        return false;
    }
    if (!value(plain, depth))
      return false;
    space(plain);
  } while (word(plain, ","));
  return word(plain, closing);
}

static bool value(struct plain *plain, int depth) {
  space(plain);
  if (word(plain, "{"))
    return members(plain, depth + 1, true);
  if (word(plain, "["))
    return members(plain, depth + 1, false);
  if (plain->at < plain->end && *plain->at == '"')
    return string(plain);
  return word(plain, "null") || word(plain, "true") || word(plain, "false") || number(plain);
}

static void check_json(const struct dm_line *line) {
  struct dm_json json;
  enum dm_json_event event = DM_JSON_NULL;
  char *copy = malloc(line->size + 1);
  require(copy != NULL);
  memcpy(copy, line->bytes, line->size);
  copy[line->size] = '\0';
  struct plain plain = {.at = line->bytes, .end = line->bytes + line->size};
  bool expected = value(&plain, 0);
  space(&plain);
  expected = expected && plain.at == plain.end;
  dm_json_start(&json, copy, line->size);
  while ((event = dm_json_next(&json)) != DM_JSON_END && event != DM_JSON_WRONG)
    if (event == DM_JSON_STRING || event == DM_JSON_KEY)
      require(json.string >= copy && json.string + json.string_size <= copy + line->size);
  require((event == DM_JSON_END) == expected);
  require(event == DM_JSON_END || (json.problem != NULL && json.problem_at <= line->size));
  require(dm_json_next(&json) == event);
  free(copy);
}

/* The same text in small pieces and in one. */
static void compare(const unsigned char *bytes, size_t size, size_t piece, const char *encoding) {
  struct pieces small = {{next}, bytes, size, piece};
  struct pieces whole = {{next}, bytes, size, SIZE_MAX};
  struct dm_lines a;
  struct dm_lines b;
  struct dm_error error_a;
  struct dm_error error_b;
  struct dm_line line_a;
  struct dm_line line_b;
  int status = 1;
  require(dm_lines_open(&a, "x", &small.reader, encoding, &error_a) == 0);
  require(dm_lines_open(&b, "x", &whole.reader, encoding, &error_b) == 0);
  while (status > 0) {
    status = dm_lines_next(&a, &line_a, &error_a);
    require(dm_lines_next(&b, &line_b, &error_b) == status);
    require(a.line == b.line);
    if (status > 0) {
      require(line_a.size == line_b.size && memcmp(line_a.bytes, line_b.bytes, line_a.size) == 0);
      check_json(&line_a);
    }
  }
  require(status == 0 || strcmp(error_a.message, error_b.message) == 0);
  dm_lines_close(&a);
  dm_lines_close(&b);
}

/* The first byte chooses the size of the pieces, the second the encoding, the rest is the text. */
int LLVMFuzzerTestOneInput(const unsigned char *input, size_t size) {
  static const char *const encodings[] = {"utf-8",    "utf-8",    "utf-8",     "latin-1",
                                          "utf-16le", "utf-16be", "shift-jis", "utf-32le"};
  if (size < 2)
    return 0;
  compare(input + 2, size - 2, input[0] % 7U + 1, encodings[input[1] % 8]);
  return 0;
}
