// The kernels of kernels.cu as functions of a shared library, run by the shim's fibers. run_<kernel>
// takes the grid, the order of threads, and the kernel's arguments; a key is a pointer to its words.
#include "cuda_shim.h"

#include "../../../../agent/prover/kernels.cu"

#define GRID u32 blocks, u32 threads, int backwards
#define KEY k[0], k[1], k[2], k[3], k[4], k[5], k[6], k[7]
#define RUN(call) emulator::launch(blocks, threads, backwards, [=] { call; })

extern "C" {

void run_operands_i8(GRID, const u32 *k, u32 round, u32 which, u32 first, u32 rows, u32 per_row,
                     uint4 *out) {
  RUN(operands_i8(KEY, round, which, first, rows, per_row, out));
}

void run_operands_bf16(GRID, const u32 *k, u32 round, u32 which, u32 first, u32 rows, u32 per_row,
                       uint4 *out) {
  RUN(operands_bf16(KEY, round, which, first, rows, per_row, out));
}

void run_leaves_i32(GRID, const int4 *c, u32 tile_bits, u32 first, u32 count, u32 group, u32 root,
                    u32 keep, u32 *leaves, u32 *values) {
  RUN(leaves_i32(c, tile_bits, first, count, group, root, keep, leaves, values));
}

void run_leaves_f32(GRID, const float4 *c, u32 tile_bits, u32 first, u32 count, u32 group, u32 root,
                    u32 keep, u32 *leaves, u32 *values) {
  RUN(leaves_f32(c, tile_bits, first, count, group, root, keep, leaves, values));
}

void run_reduce_values(GRID, const u32 *values, u32 per_block, u32 root, u32 *out) {
  RUN(reduce_values(values, per_block, root, out));
}

void run_walk(GRID, const u32 *k, const u32 *pool, u32 pool_leaves, u32 steps, u32 *outs) {
  RUN(walk(KEY, pool, pool_leaves, steps, outs));
}
}
