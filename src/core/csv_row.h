/* The reader's inner parts: its buffer (csv.c) and the scan of one row in it (csv_row.c). */
#ifndef DATAMAESTRO_CSV_ROW_H
#define DATAMAESTRO_CSV_ROW_H

#include "datamaestro/csv.h"

enum {
  DM_CSV_BLOCK = 64,                /* bytes that are searched at once */
  DM_CSV_MARGIN = DM_CSV_BLOCK + 1, /* bytes behind the buffer: a block and an LF of ours */
};

enum dm_csv_scan {
  DM_CSV_ROW,   /* csv->row is filled, csv->start behind it */
  DM_CSV_EMPTY, /* an empty line, csv->start behind it */
  DM_CSV_MORE,  /* the buffer ends within the row: nothing has changed */
  DM_CSV_WRONG, /* the error is filled; nothing has changed */
};

/* Scans the row at csv->start. Where csv->ended, the buffer ends with LF. */
enum dm_csv_scan dm_csv_row_scan(struct dm_csv *csv, struct dm_error *err);

/* Aims the search at csv->start. */
void dm_csv_row_aim(struct dm_csv *csv);

#endif
