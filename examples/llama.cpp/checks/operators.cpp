// Holds the CPU operators that the candidates change against plain loops in double precision.
//
// test-backend-ops runs the same kernel on both sides for most operators of the CPU, so a kernel that is
// wrong agrees with itself there; these references share no code with it.
// Exit code: 0 all close, 1 something differs.
#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "ggml.h"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

using floats  = std::vector<float>;
using doubles = std::vector<double>;

static uint64_t seed = 20260406;

static float between(double low, double high) {
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return (float) (low + (high - low) * (double) (seed >> 11) / 9007199254740992.0);
}

static floats random_floats(size_t n, double low = -1, double high = 1) {
    floats out(n);
    for (float & x : out) {
        x = between(low, high);
    }
    return out;
}

static float half(float x) {
    return ggml_fp16_to_fp32(ggml_fp32_to_fp16(x));
}

// a graph of one or a few operators, with its inputs in one buffer
struct graph {
    ggml_backend_t        backend = ggml_backend_cpu_init();
    ggml_context *        inputs  = ggml_init({ ggml_tensor_overhead() * 16, nullptr, true });
    ggml_context *        weights = ggml_init({ ggml_tensor_overhead() * 16, nullptr, true });
    ggml_context *        nodes   = ggml_init({ ggml_tensor_overhead() * 32 + ggml_graph_overhead(), nullptr, true });
    ggml_gallocr_t        alloc   = ggml_gallocr_new(ggml_backend_get_default_buffer_type(backend));
    ggml_backend_buffer_t buffer  = nullptr;
    ggml_backend_buffer_t packed  = nullptr;

    std::vector<std::pair<ggml_tensor *, std::vector<char>>> contents;

    explicit graph(int threads) { ggml_backend_cpu_set_n_threads(backend, threads); }

    ~graph() {
        ggml_gallocr_free(alloc);
        ggml_backend_buffer_free(buffer);
        ggml_backend_buffer_free(packed);
        ggml_backend_free(backend);
        ggml_free(inputs);
        ggml_free(weights);
        ggml_free(nodes);
    }

    ggml_tensor * input(ggml_type type, const floats & values, int64_t a, int64_t b = 1, int64_t c = 1, bool pack = false) {
        ggml_tensor *     t = ggml_new_tensor_3d(pack ? weights : inputs, type, a, b, c);
        std::vector<char> raw(ggml_nbytes(t));
        if (type == GGML_TYPE_F32) {
            memcpy(raw.data(), values.data(), raw.size());
        } else {
            ggml_quantize_chunk(type, values.data(), raw.data(), 0, b * c, a, nullptr);
        }
        contents.emplace_back(t, std::move(raw));
        return t;
    }

    floats run(ggml_tensor * result) {
        ggml_cgraph * g = ggml_new_graph(nodes);
        ggml_build_forward_expand(g, result);
        buffer = ggml_backend_alloc_ctx_tensors(inputs, backend);
        if (ggml_get_first_tensor(weights)) {
            packed = ggml_backend_alloc_ctx_tensors_from_buft(weights, repacked());
            ggml_backend_buffer_set_usage(packed, GGML_BACKEND_BUFFER_USAGE_WEIGHTS);
        }
        for (auto & [tensor, raw] : contents) {
            ggml_backend_tensor_set(tensor, raw.data(), 0, raw.size());
        }
        ggml_gallocr_alloc_graph(alloc, g);
        ggml_backend_graph_compute(backend, g);
        floats out(ggml_nelements(result));
        ggml_backend_tensor_get(result, out.data(), 0, out.size() * sizeof(float));
        return out;
    }

    // where weights are interleaved for the kernels of this processor
    ggml_backend_buffer_type_t repacked() const {
        ggml_backend_dev_t device = ggml_backend_get_device(backend);
        auto find = (ggml_backend_dev_get_extra_bufts_t) ggml_backend_reg_get_proc_address(
            ggml_backend_dev_backend_reg(device), "ggml_backend_dev_get_extra_bufts");
        ggml_backend_buffer_type_t found = ggml_backend_get_default_buffer_type(backend);
        for (auto * type = find ? find(device) : nullptr; type && *type; ++type) {
            if (strstr(ggml_backend_buft_name(*type), "REPACK")) {
                found = *type;
            }
        }
        return found;
    }
};

struct tally {
    const char * name;
    double       limit; // of the squared error over the squared reference
    int          cases = 0, bad = 0;
    double       worst = 0;

    void hold(const std::string & what, const floats & got, const doubles & wanted) {
        double error = 0, size = 0;
        for (size_t i = 0; i < wanted.size(); i++) {
            error += (got[i] - wanted[i]) * (got[i] - wanted[i]);
            size  += wanted[i] * wanted[i];
        }
        const double share = size > 0 ? error / size : error;
        cases++;
        worst = share > worst ? share : worst;
        if (!(share <= limit) && bad++ < 8) {
            printf("%s differs: %s, by %.3g\n", name, what.c_str(), share);
        }
    }

    bool report() const {
        printf("%s %s: %d cases, %d bad, worst %.2g\n", bad ? "FAIL" : "ok", name, cases, bad, worst);
        return bad == 0;
    }
};

static double slope(double bias, int head, int heads) {
    if (bias <= 0) {
        return 1;
    }
    const int    power = 1 << (int) floor(log2(heads));
    return head < power ? pow(pow(2, -bias / power), head + 1) : pow(pow(2, -bias / 2 / power), 2 * (head - power) + 1);
}

// finite values that a half can hold, with some entries masked; the first of a row never is
static floats random_mask(int width, int rows) {
    floats mask((size_t) width * rows);
    for (size_t i = 0; i < mask.size(); i++) {
        mask[i] = i % width && between(0, 1) < 0.35 ? -INFINITY : half(between(-2, 2));
    }
    return mask;
}

static std::string label(std::initializer_list<std::pair<const char *, double>> parts) {
    std::string text;
    char        part[48];
    for (auto & [name, value] : parts) {
        snprintf(part, sizeof part, "%s=%g ", name, value);
        text += part;
    }
    return text;
}

static bool soft_max() {
    tally t{ "SOFT_MAX", 1e-7 };
    const int rows = 3, heads = 4;
    for (int width : { 1, 3, 8, 15, 31, 32, 33, 63, 64, 97, 256, 515 }) {
        for (int masked : { 0, 1, 2 }) for (double bias : { 0.0, 8.0 }) for (int sinks : { 0, 1 }) for (int threads : { 1, 2 }) {
            if (bias > 0 && !masked) {
                continue;
            }
            graph        g(threads);
            const double scale = 0.31;
            const floats x = random_floats((size_t) width * rows * heads, -6, 6), mask = random_mask(width, rows), sink = random_floats(heads, -2, 2);
            ggml_tensor * m   = masked ? g.input(masked == 1 ? GGML_TYPE_F32 : GGML_TYPE_F16, mask, width, rows) : nullptr;
            ggml_tensor * out = ggml_soft_max_ext(g.nodes, g.input(GGML_TYPE_F32, x, width, rows, heads), m, (float) scale, (float) bias);
            if (sinks) {
                ggml_soft_max_add_sinks(out, g.input(GGML_TYPE_F32, sink, heads));
            }
            doubles wanted(x.size());
            for (int r = 0; r < rows * heads; r++) {
                const int head = r / rows;
                double    top = sinks ? sink[head] : -INFINITY, sum = 0;
                double *  w   = &wanted[(size_t) r * width];
                for (int i = 0; i < width; i++) {
                    w[i] = x[(size_t) r * width + i] * scale + (masked ? slope(bias, head, heads) * mask[(size_t) (r % rows) * width + i] : 0);
                    top  = fmax(top, w[i]);
                }
                for (int i = 0; i < width; i++) {
                    sum += w[i] = exp(w[i] - top);
                }
                sum += sinks ? exp(sink[head] - top) : 0;
                for (int i = 0; i < width; i++) {
                    w[i] /= sum;
                }
            }
            t.hold(label({ { "width", width }, { "mask", masked }, { "bias", bias }, { "sinks", sinks }, { "threads", threads } }), g.run(out), wanted);
        }
    }
    return t.report();
}

static doubles normed(const floats & x, int width, double eps) {
    doubles out(x.size());
    for (size_t row = 0; row < x.size(); row += width) {
        double sum = 0;
        for (int i = 0; i < width; i++) {
            sum += (double) x[row + i] * x[row + i];
        }
        for (int i = 0; i < width; i++) {
            out[row + i] = x[row + i] / sqrt(sum / width + eps);
        }
    }
    return out;
}

// by itself, times a weight, and in graphs where others read the norm as well: there it must not be fused away
static bool rms_norm() {
    tally     t{ "RMS_NORM and MUL", 1e-10 };
    enum { alone, weight, weight_first, own_rows, used_later, used_before, squared, kinds };
    const int rows = 5, planes = 2;
    for (int width : { 1, 7, 8, 15, 16, 17, 33, 64, 100, 288, 515 }) for (int kind = 0; kind < kinds; kind++) for (int threads : { 1, 2 }) {
        graph         g(threads);
        const float   eps = 1e-5f;
        const floats  x = random_floats((size_t) width * rows * planes, -3, 3);
        const bool    full = kind == weight_first || kind == own_rows;
        const floats  w = random_floats((size_t) width * (full ? rows * planes : 1), 0.5, 1.5);
        ggml_tensor * norm = ggml_rms_norm(g.nodes, g.input(GGML_TYPE_F32, x, width, rows, planes), eps);
        ggml_tensor * by   = g.input(GGML_TYPE_F32, w, width, full ? rows : 1, full ? planes : 1);
        ggml_tensor * out  = norm;
        doubles       wanted = normed(x, width, eps);
        switch (kind) {
            case alone:        break;
            case weight_first: out = ggml_mul(g.nodes, by, norm); break;
            case used_later:   out = ggml_add(g.nodes, ggml_mul(g.nodes, norm, by), norm); break;
            case used_before:  out = ggml_add(g.nodes, norm, ggml_mul(g.nodes, norm, by)); break;
            case squared:      out = ggml_mul(g.nodes, norm, norm); break;
            default:           out = ggml_mul(g.nodes, norm, by);
        }
        for (size_t i = 0; i < wanted.size(); i++) {
            const double n = wanted[i], m = w[full ? i : i % width];
            wanted[i] = kind == alone ? n : kind == squared ? n * n : kind == used_later || kind == used_before ? n * m + n : n * m;
        }
        t.hold(label({ { "width", width }, { "kind", kind }, { "threads", threads } }), g.run(out), wanted);
    }
    return t.report();
}

static bool mul_mat() {
    tally t{ "MUL_MAT", 3e-4 }; // activations are rounded to eight bits
    for (ggml_type type : { GGML_TYPE_F16, GGML_TYPE_Q4_0, GGML_TYPE_Q8_0, GGML_TYPE_Q6_K }) for (bool pack : { false, true }) {
        for (int k : { 256, 768 }) for (int m : { 8, 40 }) for (int n : { 1, 2, 3, 4, 5, 9 }) for (int threads : { 1, 2, 3, 4 }) {
            if (pack && type != GGML_TYPE_Q4_0) {
                continue;
            }
            graph         g(threads);
            const floats  a = random_floats((size_t) k * m), b = random_floats((size_t) k * n);
            ggml_tensor * ta = g.input(type, a, k, m, 1, pack);
            floats        kept(a.size());
            ggml_get_type_traits(type)->to_float(g.contents.back().second.data(), kept.data(), (int64_t) kept.size());
            ggml_tensor * out = ggml_mul_mat(g.nodes, ta, g.input(GGML_TYPE_F32, b, k, n));
            doubles       wanted((size_t) m * n, 0);
            for (int i = 0; i < n; i++) for (int j = 0; j < m; j++) for (int l = 0; l < k; l++) {
                wanted[(size_t) i * m + j] += (double) kept[(size_t) j * k + l] * b[(size_t) i * k + l];
            }
            t.hold(label({ { "type", type }, { "packed", pack }, { "k", k }, { "m", m }, { "n", n }, { "threads", threads } }), g.run(out), wanted);
        }
    }
    return t.report();
}

static bool attention() {
    tally t{ "FLASH_ATTN_EXT", 5e-5 }; // keys and values are halves
    enum { plain, biased, capped, sunk, variants };
    const int heads = 4, groups = 2;
    for (int size : { 64, 128 }) for (int queries : { 1, 3, 64, 65, 100 }) for (int keys : { 5, 64, 97, 600 }) for (int masked : { 0, 1 }) for (int kind = 0; kind < variants; kind++) {
        // with so many keys, few queries are split by keys; the tile sees nothing new in them
        if ((kind == biased && !masked) || (kind != plain && size == 128) || (keys > 500 && queries > 3)) {
            continue;
        }
        graph        g(2);
        const double scale = 1 / sqrt(size), bias = kind == biased ? 8 : 0, cap = kind == capped ? 10 : 0;
        const floats q = random_floats((size_t) size * queries * heads, -2, 2), mask = random_mask(keys, queries), sink = random_floats(heads, -2, 2);
        floats       k = random_floats((size_t) size * keys * groups, -2, 2), v = random_floats((size_t) size * keys * groups, -2, 2);
        for (floats * side : { &k, &v }) for (float & x : *side) {
            x = half(x);
        }
        ggml_tensor * tq = g.input(GGML_TYPE_F32, q, size, queries, heads), * tk = g.input(GGML_TYPE_F16, k, size, keys, groups), * tv = g.input(GGML_TYPE_F16, v, size, keys, groups);
        ggml_tensor * out = ggml_flash_attn_ext(g.nodes, tq, tk, tv, masked ? g.input(GGML_TYPE_F16, mask, keys, queries) : nullptr, (float) scale, (float) bias, (float) cap);
        if (kind == sunk) {
            ggml_flash_attn_ext_add_sinks(out, g.input(GGML_TYPE_F32, sink, heads));
        }
        doubles wanted((size_t) size * heads * queries, 0), w(keys);
        for (int h = 0; h < heads; h++) for (int i = 0; i < queries; i++) {
            const size_t group = h / (heads / groups);
            double       top = kind == sunk ? sink[h] : -INFINITY, sum = 0;
            for (int j = 0; j < keys; j++) {
                double s = 0;
                for (int l = 0; l < size; l++) {
                    s += (double) q[((size_t) h * queries + i) * size + l] * k[(group * keys + j) * size + l];
                }
                s    = cap > 0 ? cap * tanh(s * scale / cap) : s * scale;
                w[j] = s + (masked ? slope(bias, h, heads) * mask[(size_t) i * keys + j] : 0);
                top  = fmax(top, w[j]);
            }
            for (double & x : w) {
                sum += x = exp(x - top);
            }
            sum += kind == sunk ? exp(sink[h] - top) : 0;
            for (int j = 0; j < keys; j++) for (int l = 0; l < size; l++) {
                wanted[((size_t) i * heads + h) * size + l] += w[j] / sum * v[(group * keys + j) * size + l];
            }
        }
        t.hold(label({ { "size", size }, { "queries", queries }, { "keys", keys }, { "mask", masked }, { "kind", kind } }), g.run(out), wanted);
    }
    return t.report();
}

int main() {
    ggml_log_set([](ggml_log_level, const char *, void *) {}, nullptr);
    const bool parts[] = { soft_max(), rms_norm(), mul_mat(), attention() };
    for (bool good : parts) {
        if (!good) {
            return 1;
        }
    }
    return 0;
}
