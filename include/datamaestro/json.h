/* One JSON text (RFC 8259), read strictly, as a sequence of events. */
#ifndef DATAMAESTRO_JSON_H
#define DATAMAESTRO_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DM_JSON_DEPTH = 200 /* arrays and objects in one another */ };

enum dm_json_event {
  DM_JSON_END, /* of the text: what follows it is white space */
  DM_JSON_WRONG,
  DM_JSON_NULL,
  DM_JSON_FALSE,
  DM_JSON_TRUE,
  DM_JSON_INTEGER, /* written without point and exponent, and of 64 bits */
  DM_JSON_REAL,
  DM_JSON_STRING,
  DM_JSON_KEY, /* of an object: a string, and its value comes next */
  DM_JSON_ARRAY,
  DM_JSON_ARRAY_END,
  DM_JSON_OBJECT,
  DM_JSON_OBJECT_END
};

struct dm_json {
  char *bytes; /* of the text; strings are unescaped in place. One more byte than `size` must be writable */
  size_t size;
  size_t at;                          /* of the byte to be read */
  int depth;                          /* open arrays and objects */
  bool expects_value;                 /* rather than an end or a comma */
  bool after_value;                   /* a comma or an end comes next */
  unsigned char kinds[DM_JSON_DEPTH]; /* '[' or '{' */
  /* Of the event: */
  int64_t integer;
  double real;
  const char *string; /* UTF-8 but for lone surrogates, which become U+FFFD; not terminated; may hold NUL */
  size_t string_size;
  const char *problem; /* where wrong: "found (expected)"; static storage */
  size_t problem_at;   /* bytes from the text's first */
};

/* Begins with a text, which the caller keeps and does not look at until the end. */
void dm_json_start(struct dm_json *json, char *bytes, size_t size);

/* The next event. After DM_JSON_END and DM_JSON_WRONG comes the same. */
enum dm_json_event dm_json_next(struct dm_json *json);

#endif
