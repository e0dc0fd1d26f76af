#include "datamaestro/recode.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
  NAME_SIZE = 32,       /* bytes of an encoding's name */
  OUT_SIZE = 64 * 1024, /* bytes of UTF-8 at once */
  ASCII_LEAST = 64,     /* bytes of ASCII that are worth a piece of their own */
  MIXED_SIZE = 4096,    /* bytes of other UTF-8 converted at once */
  HELD_SIZE = 16,       /* bytes of a character that two pieces share; the longest of any encoding has 8 */
};

struct dm_recode {
  struct dm_reader reader;
  struct dm_reader *source;
  iconv_t converter; /* (iconv_t)-1 until the first bytes: they may say which it is */
  char *subject;
  char encoding[NAME_SIZE];
  const unsigned char *in; /* what the source gave and was not yet taken */
  size_t in_size;
  unsigned char held[HELD_SIZE]; /* the start of a character that goes on in the next piece */
  size_t held_size;
  bool is_utf8;
  bool started; /* the converter is open */
  bool begun;   /* a character was given out */
  bool ended;
  uint64_t line;   /* where the text given out so far ends; from 1 */
  uint64_t column; /* characters, from 1 */
  bool failed;
  struct dm_error error; /* where failed: given once what came before it was */
  char out[OUT_SIZE];
};

/* Names that people write and iconv has not, or has for something else. */
static const char *known_name(const char *encoding) {
  static const char *const names[][2] = {{"latin-1", "ISO-8859-1"},
                                         {"latin1", "ISO-8859-1"},
                                         {"utf-8-sig", "UTF-8"},
                                         {"latin-9", "ISO-8859-15"},
                                         {"shift-jis", "SHIFT_JIS"}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcasecmp(encoding, names[i][0]) == 0)
      return names[i][1];
  return encoding;
}

static bool is_name(const char *encoding) {
  size_t size = strlen(encoding);
  for (size_t i = 0; i < size; i++)
    if (!isalnum((unsigned char)encoding[i]) && strchr("-_.:", encoding[i]) == NULL)
      return false;
  return size > 0 && size < NAME_SIZE;
}

/* Opens the converter; checks UTF-8 by converting it too. */
static int open_converter(struct dm_recode *recode, const char *encoding, struct dm_error *err) {
  recode->converter = iconv_open("UTF-8", known_name(encoding)); // NOLINT(performance-no-int-to-ptr)
  if (recode->converter != (iconv_t)-1)                          // NOLINT(performance-no-int-to-ptr)
    return 0;
  return dm_error_set(err, DM_ERROR_USAGE, "%s: unknown encoding '%.31s' (utf-8, latin-1, utf-16 … expected)",
                      recode->subject, recode->encoding);
}

/* How many bytes at the front are ASCII. */
static size_t ascii_run(const unsigned char *bytes, size_t size) {
  const uint64_t high = UINT64_C(0x8080808080808080);
  size_t run = 0;
  for (; run + 32 <= size; run += 32) {
    uint64_t words[4];
    memcpy(words, bytes + run, 32);
    if (((words[0] | words[1] | words[2] | words[3]) & high) != 0)
      break;
  }
  while (run < size && bytes[run] < 0x80)
    run++;
  return run;
}

static uint64_t count_lines(const char *bytes, size_t size) {
  uint64_t lines = 0;
  for (size_t start = 0; start < size; start += 128) { /* so few that a byte holds their number */
    size_t end = size - start < 128 ? size : start + 128;
    unsigned char count = 0;
    for (size_t i = start; i < end; i++)
      count = (unsigned char)(count + (bytes[i] == '\n'));
    lines += count;
  }
  return lines;
}

static void move_place(struct dm_recode *recode, const char *bytes, size_t size) {
  const char *last = size > 0 ? memrchr(bytes, '\n', size) : NULL;
  if (last != NULL) {
    recode->line += count_lines(bytes, size);
    recode->column = 1;
    size -= (size_t)(last + 1 - bytes);
    bytes = last + 1;
  }
  for (size_t i = 0; i < size; i++)
    recode->column += ((unsigned char)bytes[i] & 0xc0) != 0x80;
}

/* The next piece, behind what is held of a character. */
static int fetch(struct dm_recode *recode, struct dm_error *err) {
  if (recode->source->next(recode->source, &recode->in, &recode->in_size, err) != 0)
    return -1;
  recode->ended = recode->in_size == 0;
  return 0;
}

/* By its mark, the encoding that "utf-16" or "utf-32" stands for; glibc would take them for big-endian or not
 * by the machine. */
static const char *by_mark(const struct dm_recode *recode, const unsigned char *head, size_t size) {
  if (strcasecmp(recode->encoding, "utf-16") == 0 || strcasecmp(recode->encoding, "utf16") == 0)
    return size >= 2 && head[0] == 0xfe && head[1] == 0xff ? "UTF-16BE" : "UTF-16LE";
  if (strcasecmp(recode->encoding, "utf-32") == 0 || strcasecmp(recode->encoding, "utf32") == 0)
    return size >= 4 && memcmp(head, "\0\0\xfe\xff", 4) == 0 ? "UTF-32BE" : "UTF-32LE";
  return recode->encoding;
}

/* The first bytes choose among byte orders. All of them are in the first piece, but for the shortest of files
 * and the smallest of pieces. */
static int start(struct dm_recode *recode, struct dm_error *err) {
  recode->started = true;
  if (fetch(recode, err) != 0)
    return -1;
  return open_converter(recode, by_mark(recode, recode->in, recode->in_size), err);
}

static int fail_here(struct dm_recode *recode, const unsigned char *at, bool is_cut) {
  recode->failed = true;
  return dm_error_set(&recode->error, DM_ERROR_FORMAT, "%s:%" PRIu64 ":%" PRIu64 ": %s0x%02x (%s expected)",
                      recode->subject, recode->line, recode->column,
                      is_cut ? "character cut at the end, byte " : "byte ", *at, recode->encoding);
}

/* Takes the mark that the text may begin with out of its first characters, `before` to `*out`: it is none of
 * them. */
static void leave_mark_out(struct dm_recode *recode, char *before, char **out, size_t *room) {
  if (recode->begun || *out == before)
    return;
  recode->begun = true;
  if (*out - before < 3 || memcmp(before, "\xef\xbb\xbf", 3) != 0)
    return;
  memmove(before, before + 3, (size_t)(*out - before) - 3);
  *out -= 3;
  *room += 3;
}

/* Converts from `*bytes`, of which it takes what makes whole characters; returns iconv's errno, 0 where all
 * was taken. */
static int convert(struct dm_recode *recode, const unsigned char **bytes, size_t *size, char **out,
                   size_t *room) {
  char *in =
      (char *)(uintptr_t)*bytes; // NOLINT(performance-no-int-to-ptr): const away; iconv only reads there
  char *before = *out;
  size_t status = iconv(recode->converter, &in, size, out, room);
  int problem = status == (size_t)-1 ? errno : 0;
  *bytes = (const unsigned char *)in;
  leave_mark_out(recode, before, out, room);
  move_place(recode, before, (size_t)(*out - before));
  return problem;
}

/* A character that began in the piece before: byte by byte into `held`, until it is whole. */
static int convert_held(struct dm_recode *recode, char **out, size_t *room) {
  while (recode->held_size > 0 && recode->in_size > 0) {
    const unsigned char *held = recode->held;
    recode->held[recode->held_size++] = *recode->in++;
    recode->in_size--;
    size_t left = recode->held_size;
    int problem = convert(recode, &held, &left, out, room);
    if (problem == EILSEQ || (problem == EINVAL && recode->held_size == HELD_SIZE))
      return fail_here(recode, recode->held, false);
    recode->held_size = left;
    memmove(recode->held, held, left);
  }
  return 0;
}

static int convert_piece(struct dm_recode *recode, char **out, size_t *room) {
  if (convert_held(recode, out, room) != 0)
    return -1;
  /* No more than this of UTF-8, since what follows may be ASCII. */
  size_t behind = recode->is_utf8 && recode->in_size > MIXED_SIZE ? recode->in_size - MIXED_SIZE : 0;
  size_t size = recode->in_size - behind;
  int problem = convert(recode, &recode->in, &size, out, room);
  recode->in_size = size + behind;
  if (problem == EINVAL && behind > 0)
    return 0; /* a character that goes on in what is behind */
  if (problem == EILSEQ || (problem == EINVAL && recode->in_size > HELD_SIZE))
    return fail_here(recode, recode->in, false);
  if (problem == EINVAL) { /* the piece ends within a character */
    memcpy(recode->held, recode->in, recode->in_size);
    recode->held_size = recode->in_size;
    recode->in_size = 0;
  }
  return 0;
}

/* ASCII at the front of the piece is UTF-8 as it is: whether there was enough to give out. */
static bool take_ascii(struct dm_recode *recode, const unsigned char **bytes, size_t *size) {
  size_t run = recode->is_utf8 && recode->held_size == 0 ? ascii_run(recode->in, recode->in_size) : 0;
  if (run < ASCII_LEAST && run < recode->in_size)
    return false;
  *bytes = recode->in;
  *size = run;
  recode->in += run;
  recode->in_size -= run;
  recode->begun = true;
  move_place(recode, (const char *)*bytes, run);
  return true;
}

static int next(struct dm_reader *reader, const unsigned char **bytes, size_t *size, struct dm_error *err) {
  struct dm_recode *recode = (struct dm_recode *)reader;
  char *out = recode->out;
  if (!recode->started && start(recode, err) != 0)
    return -1;
  *size = 0;
  while (*size == 0 && !recode->failed) {
    if (recode->in_size == 0 && !recode->ended && fetch(recode, err) != 0)
      return -1;
    if (recode->ended)
      break;
    if (take_ascii(recode, bytes, size))
      return 0;
    size_t room = sizeof recode->out;
    (void)convert_piece(recode, &out, &room);
    *size = (size_t)(out - recode->out);
  }
  if (*size == 0 && recode->ended && recode->held_size > 0 && !recode->failed)
    (void)fail_here(recode, recode->held, true);
  *bytes = (const unsigned char *)recode->out;
  if (*size > 0 || !recode->failed)
    return 0;
  *err = recode->error;
  return -1;
}

int dm_recode_open(struct dm_recode **recode, struct dm_reader *source, const char *encoding,
                   const char *subject, struct dm_error *err) {
  *recode = NULL;
  if (!is_name(encoding))
    return dm_error_set(err, DM_ERROR_USAGE,
                        "%s: unknown encoding '%.31s' (utf-8, latin-1, utf-16 … expected)", subject,
                        encoding);
  struct dm_recode *fresh = calloc(1, sizeof *fresh);
  if (fresh == NULL || (fresh->subject = strdup(subject)) == NULL) {
    free(fresh);
    return dm_error_set(err, DM_ERROR, "%s: not enough memory", subject);
  }
  fresh->reader.next = next;
  fresh->source = source;
  fresh->line = 1;
  fresh->column = 1;
  fresh->is_utf8 = strcasecmp(known_name(encoding), "utf-8") == 0 || strcasecmp(encoding, "utf8") == 0;
  memcpy(fresh->encoding, encoding, strlen(encoding) + 1);
  if (open_converter(fresh, encoding, err) != 0) { /* at once, so that an unknown name fails here */
    dm_recode_close(fresh);
    return -1;
  }
  (void)iconv_close(fresh->converter);
  fresh->converter = (iconv_t)-1; // NOLINT(performance-no-int-to-ptr)
  *recode = fresh;
  return 0;
}

struct dm_reader *dm_recode_reader(struct dm_recode *recode) {
  return &recode->reader;
}

void dm_recode_close(struct dm_recode *recode) {
  if (recode == NULL)
    return;
  if (recode->converter != (iconv_t)-1) // NOLINT(performance-no-int-to-ptr)
    (void)iconv_close(recode->converter);
  free(recode->subject);
  free(recode);
}
