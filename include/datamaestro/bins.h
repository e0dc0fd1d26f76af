/* Histograms: how many values of a tensor lie in each of several bins. */
#ifndef DATAMAESTRO_BINS_H
#define DATAMAESTRO_BINS_H

#include <stddef.h>
#include <stdint.h>

#include "datamaestro/tensor.h"

/* Counts the values from `low` to `high` (finite, low < high) in `count` bins of equal width; a value on a
 * bound belongs to the bin above, `high` to the last. Values outside, and NaN, are not counted. Integers
 * beyond 2^53 are rounded to doubles first. */
void dm_bins_count(const struct dm_tensor *tensor, double low, double high, uint64_t *bins, size_t count);

#endif
