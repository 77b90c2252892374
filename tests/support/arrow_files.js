/**
 * Small Arrow files as pyarrow 26 wrote them, deflated, in base64: one with a column of each type, and the
 * numbers 1, 2, 3, 1 … (150 of them) in each form and compression.
 */

export const TYPES = [
  "eNrtWE1oG0cUfrsrKbIrFzWorigq6BCKCoWqEIrbUOKkLfiQ0pBD60Og3lTbaLG0UqW1JZdCoPTgQwO+NYcUfNDBh0JN22Na",
  "DG2KDzn4kIMDKfjoS8GHUEwie/vezKw1+7xyLoW2oDHP8/N9896bN29mV3vhypUPPnodIMCynQTIApVxyEAKkpDGFhYjAQms",
  "/IMgoHoSpYvcMgqSYAsHeyhdlMsoJZS+heMoPZRZlFdR9k2AeygrKHMoOZSeAbCHasoopHvvcRCgQYP8yKsxKqdQvIZfdb3r",
  "8MWTIMg/EbznchoPVQn/0RTU7Sb0kLMaEA8miFNUPDQLsyg5pdfx/JbrtOE+8ptSr8nt01IX7dqCg3VFcMCYFvZyGCXSkxG9",
  "rKJnlf5wPvk07yzBVD8I7ksbEwUcO6M4hDdR3lXzyF6z4Xo+1jWck+6LOePcL6o7Vcejtic5cFbWyTiuZ9dpCbCBnKuSZ8X5",
  "WrN9+EXgJnwleRniFLRYh3NqbpvchBzmx3o/Pn5Uu75Tp3avr8cvj/FLifhRLGX8jCTpntL2LNQx73oVaqdF1BPqP+aW0kn8",
  "2+jH1IHw41Tc2toLddjCvHhZ5UJF4xbZnjdb7ieOsJcR1sjemJp3W847HbdWv9GYp3bpMAh+k7yxWJ4r9+O7QMaaYvLoYLDX",
  "uu9k02sDfHhIuAWFwwGvwNZo+58Ln1PKZ9oxwidQ3ltoNZrOaxedVs2lxKkcDreHaQC/H0rfvpa8dNzZqNhLb5ylcVzHTxqP",
  "xx55MCnPJDyUvFQcbwnPY4V4gmsk4jgtuwPLiJ+RnHxcfBddp0PtdeRcCp5+LraR4weDc1FgvKpd+1S25Z24qnF1nXQ+uiL6",
  "KfyT0bwXDM6Gnme0Pwte273uOZjbNCch5gzulxS7X6SOAtsrtyLzNI3stHJjWuF0v6+pGFLJYEve8BmhGcwEhHep9Gn86HyF",
  "z4S8OgOEXFLjJgyKBcNLRtVZzV/QYmXGzNHH7WuDdewl9XVMRtdhJURcykfOPIv9rFpJBnsAO5a8d7PMZ0NJWM4xLNwr0OJU",
  "ZHiJ4dMMn2H4HMOrqk6pusnwLovjMvNrhfFvqbqs6k1mf4fxd5n+fS33deJRPFg/y/p5I7r/JYaXjag/Mwy/zPAqw5sMX2b4",
  "CsPXGL7O8E2GbzF8l+F7RjS+RZPlgxnFZxk+Z0bj02R412T7zQ7KMsNvsfmrrL9mRtezwfBNpm+b4Tusv8v0hQfqKD+sqL48",
  "uySG9cN8LjJ9JcYvMT6Vl7RzbbC76b/eN/8l+/z+/af1GzF3+0l9a0jNeNlh/gaqxD+bds6r03vjGD4FGxDzXEgrse/e+fXH",
  "u192dHu2nr/0PtzAHylDCmFOq+hXba/od5zaolO8tuQ7bd2eqe5bcecG8sk3LL6vvC/Xemwdd7au3iRy78HjOHzlh2/G3s6m",
  "YOPnvUicQv3T9o2PbxrH/Q/nP/9t6rO69/0Lw/C55d0/ROPBOy/mYvCHyZP36c1yVO9fQbQMs5t7q7j9zLnTf15U/QqcXKwh",
  "Ocj3IxSef5b2Djwo++e5nWTMe4ahPd+TfN+e4qfBztZ8TP6HB0S+66XFL6yMeprPqHeV8Lfcunrh2FeOlK2ovV01vs7eH0bf",
  "BEbfBEbfBEbfBEbfBP5f3wTyqOyC+Pb7N0mylRs=",
].join("");

export const FORMS = {
  none: [
    "eNrtlbENwjAQRZ8Tk1iRixQRSkHJAkiUFGQCpDRsQc0IKalSMwIbGvlyKCiCEonCV9jy993zr767vj+ddxBCCFegJlaFp2CF",
    "o4pHY/GAwwFWVzBAIzMNjoJSumplmCzuG+1F+y/C8ThK4UT5yPT+oLxYnrU68EIlt7TA4wWjosWLm+jxoN5H5sr4XjNn8jUu",
    "7s2CkSc96UlP+p/qMT/RDPQ0FJKc9ZSdWPbA9i23B527fcjDX+b8Hejkz3kClZ0cFw==",
  ].join(""),
  lz4: [
    "eNq1kj0KAjEQhb+scTdIwEW22GIr9QKihaV2NqLY2HoCa2ux8ARi6RG84crMDrgKlr5AJgnvvfkhy91us59AXdf1CcgR9Iik",
    "dAn05Oo8EQgEwNsODihUUxBIyZSVm4dLJFbGxfhH9YkEMvWR5wVN/rv5CSKlVRDVlY5XrzlvRCpyrafhrCyfeNxaPK8LEn5j",
    "2jq7L73gaU344bo8LM6SZuhwDJKMEZ1Av9QeLttPnbxhc40UpFpt3vSEZwaMW/O8mu5hsd3vP+cv+Zb6F15dHCHJ",
  ].join(""),
  zstd: [
    "eNq1krtqQkEQhr9zyXGRLZZ4CoNiFSSdJIi1PkAwiBDLkFrEMmVIlTxAbGwsU2qRN/AVBF8mrOyckRwMlvkXdmZnZ/+57WA0",
    "Gj7egvfevwCOgCqWjAsM1XCMUixgMECqO0RALm9yDBkV8XLKEcVBNtUX9Z8Jj8VQEZ5g7lPEXylfgKWuGVhhJUmFa84vLC2c",
    "5FP4PADXQB1YUEYm8TKNF3Me05Ie/eGBtRZz8935eVonu5h2LX+7c5eE9XE/fa4t99t2b1Ook82pqVG6VdWfWK5eP8cxSQgv",
    "fUHnYsmlEosrekJKV2s+zuNd8/xSWe7Xf84vzG4gf+kAGm1BpQ==",
  ].join(""),
  stream: [
    "eNrt0UEOgjAURdFbRGhMBwyIYeBSHLgixy7BXde0NkqIC8Dk/gEU+Ly85OSc8wOYKHMiMXAkciqPoScBkQj07QoBmOs/M5GB",
    "sW5NLSN05X5pu7T9e81JRMaaU17fgJxzfra8Molza5BqKoee5dPv3XEh1Tal47V96/jO+rydaXUOP3bDJmNv/Q6bnnvr1216",
    "6quvvvrqq6+++uqrr7766quvvvrqq6+++uqrr7766quvvvrqq6+++uqrr7766quvvvrqq6+++v6Tb7m/AP42uXE=",
  ].join(""),
  batches: [
    "eNrtljGOwjAQRZ8Tk1iWixTRKgWX2H4L6OhANNyCmiNQcgTKPQKH4AAUe4C9RZCdQYTIaLdBslCmcOKvmZ+ZH31p5uv1cvMJ",
    "bdu2O6DCh8VRMMFg/VVpHGAwgJYTFFCHmhpDQRmyKuFQmX9OJRfJ3wYeh6EMPB6e0X1/L3w+HB/SgQus5JoGOHILS4ML3fge",
    "v6T3mntkPI9j710N6m5YnyNPDE9Nrzxx3VLTK0tct9GPox9HP45+fHc/rv7Qy/5Tr9VAG/tiP/r5kB4dNUWYrOpmQ/MDnGX3",
    "8nvWXuoOg/97UnH8N4vjjY7ji0kc3xVx/LuM4xfziPd1feX+uVAwD7vwFcMXWDU=",
  ].join(""),
};

/** n % 9 for 60,000 numbers: LZ4 blocks that refer to earlier ones. */
export const LINKED = [
  "eNrtVjFSwzAQXMmyLRgP9uAUKVIFKiiYDDzA6dIwZEKRNnyAOk/gCSnzDbo8hZqKH5jVWTFOSMpU0XlWtjSnlX2zc97xbPYy",
  "HwE1YwmggItLZEgQw/KJoQzn4MxyNH7kMtGTPT2uJUglq/AcSrv7wOfC578LT0akwuOWKzTnrzyfiwx9/waZsCIywrX0m5qc",
  "Ac8ybc7En+c4Ft9/eUYuQON4dHnV3n6J17ThGj73q2ozYk7JxFJZlJqICEPEREKkhLUwGvlEPu6cYzWV2l25ounPOv8594LU",
  "X01FHliRoaGOruMUN9gVTqkuWm0FEdXrjoiSTRBRK6J7VuTOSjPKjzajIKAdAakgoL0uFLkuZFwX+v8L23aiIKKtiN6IMj6V",
  "iB6nre1wU3hfltHZJOJ2isYT0dU8cbzt+LEPv299wNec0r+588biJX8BgPOIfQ==",
].join("");
