/* Inside the core: what the header of an NPY file says. */
#ifndef DATAMAESTRO_NPY_HEADER_H
#define DATAMAESTRO_NPY_HEADER_H

#include "datamaestro/npy.h"
#include "datamaestro/printable.h"

struct npy_header {
  bool has_descr; /* each key once, and nothing else */
  bool has_order;
  bool has_shape;
  bool is_record; /* `descr` is a list of fields */
  bool fortran_order;
  bool swapped;
  char descr[32];
  enum dm_dtype dtype;
  int ndim; /* at most DM_TENSOR_MAX_DIMS */
  size_t shape[DM_TENSOR_MAX_DIMS];
};

/* Parses the dictionary; what is wrong with it is DM_ERROR_FORMAT. */
int npy_header_parse(struct npy_header *header, const char *text, size_t size, const char *subject,
                     struct dm_error *err);

#endif
