/* Tables as text (CSV, TSV): rows as they stream by, or a matrix of numbers.
 *
 * RFC 4180: a field may stand in double quotes, and then hold delimiters, line ends and, doubled, quotes.
 * Lines end with LF or CRLF, the last one also with the file; a quote inside an unquoted field is data; a
 * UTF-8 byte order mark and empty lines are left out. What is wrong is DM_ERROR_FORMAT with the message
 * "PATH:LINE:COLUMN: found (expected)": lines count from 1 in the file, columns from 1 in bytes. */
#ifndef DATAMAESTRO_CSV_H
#define DATAMAESTRO_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datamaestro/column.h"
#include "datamaestro/error.h"
#include "datamaestro/reader.h"
#include "datamaestro/recode.h"
#include "datamaestro/source.h"
#include "datamaestro/tensor.h"
#include "datamaestro/text.h"

enum {
  DM_CSV_ROW_MAXIMUM = 64 << 20,   /* bytes of one row */
  DM_CSV_FIELDS_MAXIMUM = 4 << 20, /* fields of one row */
};

struct dm_csv_options {
  char delimiter;           /* neither NUL, a quote nor part of a line end */
  uint64_t skip;            /* lines to leave out at the top, whatever is in them */
  int64_t names_row;        /* number of the row of names, from 0 after those lines; -1: none */
  int64_t size_row;         /* number of the row that begins with the counts of rows and columns; -1: none */
  size_t columns;           /* fields of every row; 0: rows may differ */
  size_t buffer;            /* bytes to begin with, 3 at least; 0: as many as read fast */
  struct dm_reader *reader; /* gives the bytes, and outlives the table; NULL: the file of that path does */
  const char *encoding;     /* as in dm_recode_open: fields are checked UTF-8; NULL: bytes as they are */
};

struct dm_csv_field {
  uint32_t start; /* bytes from the row's first */
  uint32_t size;  /* bytes */
};

struct dm_csv_row {
  char *bytes; /* not terminated; one more byte than the last field's end is there */
  struct dm_csv_field *fields;
  size_t count;  /* fields */
  uint64_t line; /* of the file, where the row begins */
};

/* A reader. One row is valid until the next is read. */
struct dm_csv {
  int fd;                     /* -1 when closed, and where a reader gives the bytes */
  char *path;                 /* for messages; NULL when closed */
  struct dm_source *source;   /* NULL but for a file that is text in an encoding */
  struct dm_recode *recode;   /* NULL where bytes are read as they are */
  const unsigned char *piece; /* what the reader gave and was not yet taken */
  size_t piece_size;          /* bytes */
  struct dm_csv_options options;
  struct dm_csv_row row;   /* the current row: its bytes lie in the buffer */
  struct dm_csv_row names; /* memory of its own; count 0 without names */
  uint64_t index;          /* number of the row to come, from 0; empty lines have numbers too */
  uint64_t line;           /* line of the file on which it begins */
  uint64_t rows_read;      /* grows with each row */
  uint64_t calls;          /* grows with each dm_csv_next, whatever comes of it; 0 when closed */
  uint64_t size[2];        /* what the row of sizes says: rows, columns */

  unsigned char *buffer; /* `capacity` bytes and a margin */
  size_t capacity;       /* bytes */
  size_t start;          /* of the row to come */
  size_t end;            /* of what is read */
  size_t block;          /* start of the block of which `special` speaks */
  uint64_t special;      /* bit i: buffer[block + i] is a delimiter, quote or LF not yet seen */
  size_t fields_capacity;
  bool ended; /* nothing more to read from the file */
};

/* Opens a regular file, or `options->reader`, and reads as far as its rows of names and sizes, both of which
 * precede all data; what stands before the later of them is not data either. Missing ones are
 * DM_ERROR_FORMAT. */
int dm_csv_open(struct dm_csv *csv, const char *path, const struct dm_csv_options *options,
                struct dm_error *err);

/* Reads the next row into `csv->row`: 1, or 0 at the end, or -1. After a row with a wrong number of fields
 * the rows behind it can be read; other failures come again at each call. */
int dm_csv_next(struct dm_csv *csv, struct dm_error *err);

/* Closes and frees; closed is fine. */
void dm_csv_close(struct dm_csv *csv);

/* Reads a field of the current row as a number; what is none is DM_ERROR_FORMAT, "PATH:LINE:COLUMN: 'x' in
 * column 3 'age' (number expected)". */
int dm_csv_number(const struct dm_csv *csv, size_t column, double *value, struct dm_error *err);

/* The same as an integer of 64 bits: digits, perhaps after a sign. */
int dm_csv_integer(const struct dm_csv *csv, size_t column, int64_t *value, struct dm_error *err);

/* Appends the current row as a line of CSV. */
void dm_csv_text(const struct dm_csv_row *row, struct dm_text *text);

enum dm_csv_values {
  DM_CSV_PLAIN,   /* what JSON would write as that number, to the byte, is a number, all else a string */
  DM_CSV_STRINGS, /* all are strings */
  DM_CSV_NUMBERS  /* all are numbers (infinities and NaN null); what is none is DM_ERROR_FORMAT */
};

/* Appends the current row as a line of JSON: an object where there are names (of which the row must have as
 * many as fields), else an array. */
int dm_csv_json(const struct dm_csv *csv, struct dm_text *text, enum dm_csv_values values,
                struct dm_error *err);

/* Columns while they are surveyed. */
struct dm_csv_survey {
  struct dm_csv csv;
  struct dm_column *columns;
  size_t count;  /* columns: as many as the longest row so far has, and as there are names */
  uint64_t rows; /* read so far */
};

/* Opens a table to survey it. */
int dm_csv_survey_open(struct dm_csv_survey *survey, const char *path, const struct dm_csv_options *options,
                       struct dm_error *err);

/* Reads up to `rows` more rows: 1 when more may follow, 0 when all is read, or -1. Fields that a row lacks
 * are missing ones. */
int dm_csv_survey_read(struct dm_csv_survey *survey, size_t rows, struct dm_error *err);

/* Closes and frees; closed is fine. */
void dm_csv_survey_close(struct dm_csv_survey *survey);

/* A table of numbers while it is read. */
struct dm_csv_matrix {
  struct dm_csv csv;
  double *values;  /* rows × columns, row-major */
  double *targets; /* rows, where there is a target */
  size_t rows;     /* read and not yet handed over */
  uint64_t before; /* rows handed over before them */
  size_t columns;  /* without the target; set by the first row */
  size_t capacity; /* rows for which there is memory */
  size_t target;   /* index of the target's column, SIZE_MAX without one */
  bool first;      /* no row was read yet */
};

/* Opens a table of which `target` names the column to be kept apart (NULL: none); without a column of that
 * name DM_ERROR_FORMAT. */
int dm_csv_matrix_open(struct dm_csv_matrix *matrix, const char *path, const struct dm_csv_options *options,
                       const char *target, struct dm_error *err);

/* Reads up to `rows` more rows: 1 when more may follow, 0 when all is read and agrees with the sizes that
 * the file states, or -1. */
int dm_csv_matrix_read(struct dm_csv_matrix *matrix, size_t rows, struct dm_error *err);

/* Hands the numbers over as tensors of DM_FLOAT64, rows × columns, and rows where there is a target;
 * `targets` is left alone where there is none. Reading may go on, to hand further rows over. */
int dm_csv_matrix_finish(struct dm_csv_matrix *matrix, struct dm_tensor *values, struct dm_tensor *targets,
                         struct dm_error *err);

/* Closes and frees what was not handed over; closed is fine. */
void dm_csv_matrix_close(struct dm_csv_matrix *matrix);

#endif
