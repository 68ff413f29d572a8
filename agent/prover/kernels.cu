// The kernels of poc/1's CUDA backends: operands, leaves with their tree, and the memory walk. The
// matrix products between them are cuBLASLt's.
//
// Plain CUDA C++ without headers: NVRTC compiles it on the supplier's machine, and a C++ compiler
// with a small shim runs it in tests. All words are u32 and wrap. Memory is little-endian.

typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned char u8;

// -------------------------------------------------------------------------------------------------
// ChaCha8

struct Key {
  u32 word[8];
};

__device__ __forceinline__ u32 rotl(u32 x, u32 by) { return (x << by) | (x >> ((32 - by) & 31)); }

__device__ __forceinline__ void quarter(u32 &a, u32 &b, u32 &c, u32 &d) {
  a += b;
  d = rotl(d ^ a, 16);
  c += d;
  b = rotl(b ^ c, 12);
  a += b;
  d = rotl(d ^ a, 8);
  c += d;
  b = rotl(b ^ c, 7);
}

// Block `counter` of the stream of `key` and the nonce (n0, n1, n2).
__device__ __forceinline__ void chacha8_block(const Key &key, u32 counter, u32 n0, u32 n1, u32 n2,
                                              u32 out[16]) {
  const u32 *k = key.word;
  const u32 init[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, k[0], k[1], k[2], k[3],
                        k[4],       k[5],       k[6],       k[7],       counter, n0, n1, n2};
#pragma unroll
  for (int i = 0; i < 16; ++i) out[i] = init[i];
#pragma unroll
  for (int twice = 0; twice < 4; ++twice) {
#pragma unroll
    for (int i = 0; i < 4; ++i) quarter(out[i], out[4 + i], out[8 + i], out[12 + i]);
#pragma unroll
    for (int i = 0; i < 4; ++i)
      quarter(out[i], out[4 + ((i + 1) & 3)], out[8 + ((i + 2) & 3)], out[12 + ((i + 3) & 3)]);
  }
#pragma unroll
  for (int i = 0; i < 16; ++i) out[i] += init[i];
}

// int5 of the four bytes of a word, as four signed bytes.
__device__ __forceinline__ u32 int5x4(u32 word) {
  // (b >> 3) - 16 is the five bits with the highest one flipped, in two's complement: extended by
  // hand.
  const u32 bits = ((word >> 3) & 0x1f1f1f1fu) ^ 0x10101010u;
  return bits + (bits & 0x10101010u) * 14u;
}

// The bits of a signed byte as bfloat16: exact for -16..15.
__device__ __forceinline__ u32 bf16_bits(u32 byte) {
  const float value = (float)(signed char)byte;
  return __float_as_uint(value) >> 16;
}

#define KEY_PARAMETERS u32 k0, u32 k1, u32 k2, u32 k3, u32 k4, u32 k5, u32 k6, u32 k7
#define KEY_OF_PARAMETERS {{k0, k1, k2, k3, k4, k5, k6, k7}}

// Rows first_row .. first_row + rows - 1 of A (which = 0) or B^T (which = 1) of a round, `blocks` *
// 64 operands each. One thread makes one block.
extern "C" __global__ void operands_i8(KEY_PARAMETERS, u32 round, u32 which, u32 first_row,
                                       u32 rows, u32 blocks, uint4 *out) {
  const u64 at = (u64)blockIdx.x * blockDim.x + threadIdx.x;
  if (at >= (u64)rows * blocks) return;
  const Key key = KEY_OF_PARAMETERS;
  u32 words[16];
  chacha8_block(key, (u32)(at % blocks), round, which, first_row + (u32)(at / blocks), words);
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    uint4 four;
    four.x = int5x4(words[4 * i]);
    four.y = int5x4(words[4 * i + 1]);
    four.z = int5x4(words[4 * i + 2]);
    four.w = int5x4(words[4 * i + 3]);
    out[4 * at + i] = four;
  }
}

// The same as bfloat16.
extern "C" __global__ void operands_bf16(KEY_PARAMETERS, u32 round, u32 which, u32 first_row,
                                         u32 rows, u32 blocks, uint4 *out) {
  const u64 at = (u64)blockIdx.x * blockDim.x + threadIdx.x;
  if (at >= (u64)rows * blocks) return;
  const Key key = KEY_OF_PARAMETERS;
  u32 words[16];
  chacha8_block(key, (u32)(at % blocks), round, which, first_row + (u32)(at / blocks), words);
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    const u32 low = int5x4(words[2 * i]), high = int5x4(words[2 * i + 1]);
    uint4 eight;
    eight.x = bf16_bits(low) | (bf16_bits(low >> 8) << 16);
    eight.y = bf16_bits(low >> 16) | (bf16_bits(low >> 24) << 16);
    eight.z = bf16_bits(high) | (bf16_bits(high >> 8) << 16);
    eight.w = bf16_bits(high >> 16) | (bf16_bits(high >> 24) << 16);
    out[8 * at + i] = eight;
  }
}

// -------------------------------------------------------------------------------------------------
// BLAKE3

#define CHUNK_START 1u
#define CHUNK_END 2u
#define PARENT 4u
#define ROOT 8u

__device__ __forceinline__ u32 rotr(u32 x, u32 by) { return (x >> by) | (x << (32 - by)); }

__device__ __forceinline__ void mix_column(u32 &a, u32 &b, u32 &c, u32 &d, u32 x, u32 y) {
  a += b + x;
  d = rotr(d ^ a, 16);
  c += d;
  b = rotr(b ^ c, 12);
  a += b + y;
  d = rotr(d ^ a, 8);
  c += d;
  b = rotr(b ^ c, 7);
}

__device__ __forceinline__ void start_value(u32 value[8]) {
  const u32 iv[8] = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                     0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};
#pragma unroll
  for (int i = 0; i < 8; ++i) value[i] = iv[i];
}

// value := compression of it and a block of 64 bytes.
__device__ __forceinline__ void compress(u32 value[8], const u32 block[16], u32 counter,
                                         u32 flags) {
  const int order[7][16] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                            {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8},
                            {3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1},
                            {10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6},
                            {12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4},
                            {9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7},
                            {11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13}};
  u32 v[16];
#pragma unroll
  for (int i = 0; i < 8; ++i) v[i] = value[i];
  v[8] = 0x6A09E667;
  v[9] = 0xBB67AE85;
  v[10] = 0x3C6EF372;
  v[11] = 0xA54FF53A;
  v[12] = counter;
  v[13] = 0;
  v[14] = 64;
  v[15] = flags;
#pragma unroll
  for (int round = 0; round < 7; ++round) {
    const int *o = order[round];
#pragma unroll
    for (int i = 0; i < 4; ++i)
      mix_column(v[i], v[4 + i], v[8 + i], v[12 + i], block[o[2 * i]], block[o[2 * i + 1]]);
#pragma unroll
    for (int i = 0; i < 4; ++i)
      mix_column(v[i], v[4 + ((i + 1) & 3)], v[8 + ((i + 2) & 3)], v[12 + ((i + 3) & 3)],
                 block[o[8 + 2 * i]], block[o[9 + 2 * i]]);
  }
#pragma unroll
  for (int i = 0; i < 8; ++i) value[i] = v[i] ^ v[8 + i];
}

// Replaces `count` nodes by their ancestors until `target` are left; both are powers of two. All
// threads of the block call it; at least count / 2 of them. With `root` the last of all is a tree's
// root.
__device__ __forceinline__ void reduce_nodes(u32 (*nodes)[8], u32 count, u32 target, u32 root) {
  while (count > target) {
    const u32 half = count / 2;
    u32 value[8];
    if (threadIdx.x < half) {
      u32 block[16];
#pragma unroll
      for (int i = 0; i < 8; ++i) {
        block[i] = nodes[2 * threadIdx.x][i];
        block[8 + i] = nodes[2 * threadIdx.x + 1][i];
      }
      start_value(value);
      compress(value, block, 0, PARENT | (root && half == 1 ? ROOT : 0));
    }
    __syncthreads();
    if (threadIdx.x < half) {
#pragma unroll
      for (int i = 0; i < 8; ++i) nodes[threadIdx.x][i] = value[i];
    }
    __syncthreads();
    count = half;
  }
}

// Each block of 256 threads replaces `per_block` nodes (2..512, a power of two) of 8 words by one.
extern "C" __global__ void __launch_bounds__(256)
    reduce_values(const u32 *values, u32 per_block, u32 root, u32 *out) {
  __shared__ u32 nodes[512][8];
  const u64 first = (u64)blockIdx.x * per_block * 8;
  for (u32 i = threadIdx.x; i < per_block * 8; i += blockDim.x)
    nodes[i >> 3][i & 7] = values[first + i];
  __syncthreads();
  reduce_nodes(nodes, per_block, 1, root);
  if (threadIdx.x < 8) out[(u64)blockIdx.x * 8 + threadIdx.x] = nodes[0][threadIdx.x];
}

// -------------------------------------------------------------------------------------------------
// Leaves

__device__ __forceinline__ u32 mixed(u32 c) {
  c *= 0x9E3779B1u;
  c ^= c >> 15;
  c *= 0x85EBCA77u;
  c ^= c >> 13;
  c *= 0xC2B2AE3Du;
  return c >> 24;
}

__device__ __forceinline__ u32 mixed_word(const int4 *c) {
  const int4 four = *c;
  return mixed((u32)four.x) | (mixed((u32)four.y) << 8) | (mixed((u32)four.z) << 16) |
         (mixed((u32)four.w) << 24);
}

__device__ __forceinline__ u32 mixed_word(const float4 *c) {
  const float4 four = *c;
  return mixed((u32)(int)four.x) | (mixed((u32)(int)four.y) << 8) |
         (mixed((u32)(int)four.z) << 16) | (mixed((u32)(int)four.w) << 24);
}

#define LEAVES_PER_BLOCK 128

// Leaves of whole tile rows of C: `count` leaves, 2^tile_bits in each tile row, from leaf
// `first_leaf` of the round on. A block of 128 threads takes 128 leaves, a thread hashes one.
// Writes the value of each group of `group` leaves (at most 64) to `values`; with `root` the one
// group is the whole tree. With `keep` the leaves themselves go to `leaves`, 1024 bytes each.
template <typename Four>
__device__ __forceinline__ void hash_leaves(const Four *c, u32 tile_bits, u32 first_leaf,
                                            u32 count, u32 group, u32 root, u32 keep, u32 *leaves,
                                            u32 *values) {
  // A row of 17 words keeps threads that read the same word of their leaves on different banks.
  __shared__ u32 block[LEAVES_PER_BLOCK][17];
  __shared__ u32 nodes[LEAVES_PER_BLOCK][8];
  const u32 first = blockIdx.x * LEAVES_PER_BLOCK;
  const u32 mine = first + threadIdx.x;
  u32 value[8];
  start_value(value);
  for (u32 b = 0; b < 16; ++b) {
    // A block of a leaf is two of its rows: neighbours read neighbouring quadruples of a row of C.
    for (u32 i = threadIdx.x; i < LEAVES_PER_BLOCK * 16; i += LEAVES_PER_BLOCK) {
      const u32 half = i >> 10, local = (i >> 3) & (LEAVES_PER_BLOCK - 1), word = i & 7;
      const u32 leaf = first + local;
      if (leaf < count) {
        const u64 row = (u64)(leaf >> tile_bits) * 32 + 2 * b + half;
        const u64 quadruple = (((row << tile_bits) + (leaf & ((1u << tile_bits) - 1))) << 3) + word;
        const u32 bytes = mixed_word(c + quadruple);
        block[local][half * 8 + word] = bytes;
        if (keep) leaves[(u64)leaf * 256 + b * 16 + half * 8 + word] = bytes;
      }
    }
    __syncthreads();
    if (mine < count) {
      u32 words[16];
#pragma unroll
      for (int i = 0; i < 16; ++i) words[i] = block[threadIdx.x][i];
      const u32 flags = (b == 0 ? CHUNK_START : 0) | (b == 15 ? CHUNK_END : 0);
      compress(value, words, first_leaf + mine, flags);
    }
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < 8; ++i) nodes[threadIdx.x][i] = value[i];
  __syncthreads();
  const u32 here = count - first < LEAVES_PER_BLOCK ? count - first : LEAVES_PER_BLOCK;
  const u32 groups = here / group;
  reduce_nodes(nodes, here, groups, root);
  for (u32 i = threadIdx.x; i < groups * 8; i += blockDim.x)
    values[(u64)(first / group) * 8 + i] = nodes[i >> 3][i & 7];
}

extern "C" __global__ void __launch_bounds__(LEAVES_PER_BLOCK)
    leaves_i32(const int4 *c, u32 tile_bits, u32 first_leaf, u32 count, u32 group, u32 root,
               u32 keep, u32 *leaves, u32 *values) {
  hash_leaves(c, tile_bits, first_leaf, count, group, root, keep, leaves, values);
}

extern "C" __global__ void __launch_bounds__(LEAVES_PER_BLOCK)
    leaves_f32(const float4 *c, u32 tile_bits, u32 first_leaf, u32 count, u32 group, u32 root,
               u32 keep, u32 *leaves, u32 *values) {
  hash_leaves(c, tile_bits, first_leaf, count, group, root, keep, leaves, values);
}

// -------------------------------------------------------------------------------------------------
// Walk

#define ALL_LANES 0xffffffffu

// A warp walks one lane of the protocol: thread t holds the words t, t + 32, .. of its state. Many
// warps wait for leaves at a time, which is what a memory's bandwidth takes. Blocks of 256 threads;
// lanes a multiple of 8.
extern "C" __global__ void __launch_bounds__(256)
    walk(KEY_PARAMETERS, const u32 *pool, u32 pool_leaves, u32 steps, u32 *outs) {
  __shared__ u32 states[8][256];
  const u32 t = threadIdx.x & 31;
  const u32 lane = blockIdx.x * 8 + (threadIdx.x >> 5);
  u32 *state = states[threadIdx.x >> 5];
  if (t < 16) {
    const Key key = KEY_OF_PARAMETERS;
    chacha8_block(key, t, 0x57414c4b, lane, 0, state + 16 * t);
  }
  __syncwarp(ALL_LANES);
  u32 mine[8];
#pragma unroll
  for (int i = 0; i < 8; ++i) mine[i] = state[32 * i + t];
  for (u32 step = 0; step < steps; ++step) {
    u32 x = 0;
#pragma unroll
    for (int i = 0; i < 8; ++i) x ^= mine[i];
    // All words of a thread are rotated by the same amount.
    x = rotl(x, t);
#pragma unroll
    for (int other = 16; other > 0; other /= 2) x ^= __shfl_xor_sync(ALL_LANES, x, other);
    x = (x ^ (x >> 16)) * 0x85EBCA77u;
    x ^= x >> 13;
    const u32 *leaf = pool + (u64)__umulhi(x, pool_leaves) * 256;
    u32 words[8], partners[8];
#pragma unroll
    for (int i = 0; i < 8; ++i) words[i] = leaf[32 * i + t];
#pragma unroll
    for (int i = 0; i < 8; ++i) partners[i] = state[(32 * i + t + (x & 255)) & 255];
    __syncwarp(ALL_LANES);
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      u32 word = (mine[i] ^ words[i]) * 0x9E3779B1u;
      word ^= word >> 15;
      mine[i] = word + rotl(partners[i], 9);
      state[32 * i + t] = mine[i];
    }
    __syncwarp(ALL_LANES);
  }
  if (t < 4) {
    u32 out = 0;
    for (u32 j = t; j < 256; j += 4) out = ((out ^ state[j]) * 0x01000193u) + j;
    outs[(u64)lane * 4 + t] = out;
  }
}
