#include "datamaestro/bins.h"

#include <string.h>

#include "tensor_blocks.h"

void dm_bins_count(const struct dm_tensor *tensor, double low, double high, uint64_t *bins, size_t count) {
  struct dm_blocks blocks;
  size_t got = 0;
  size_t item = dm_dtype_size(tensor->dtype);
  double factor = (double)count / (high - low);
  memset(bins, 0, count * sizeof *bins);
  dm_blocks_start(&blocks, tensor);
  for (const unsigned char *next = dm_blocks_next(&blocks, SIZE_MAX, &got); next != NULL;
       next = dm_blocks_next(&blocks, SIZE_MAX, &got))
    for (size_t i = 0; i < got; i++) {
      struct dm_scalar scalar = dm_dtype_load(tensor->dtype, next + i * item);
      double value = scalar.is_integer ? (double)scalar.integer : scalar.real;
      if (!(value >= low && value <= high))
        continue;
      size_t bin = (size_t)((value - low) * factor);
      bins[bin < count ? bin : count - 1]++;
    }
}
