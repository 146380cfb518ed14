/* The shape of the model. Everything is a compile-time constant: loops have known lengths. */
#ifndef PEBBLE_SHAPE_H
#define PEBBLE_SHAPE_H

enum {
    VOCABULARY = 4096,
    LAYERS = 4,
    HEADS = 32,         /* query heads */
    KEY_HEADS = 4,      /* key and value heads; each serves HEADS / KEY_HEADS query heads */
    HEAD = 16,          /* numbers in one head */
    WIDTH = HEADS * HEAD,
    KEY_WIDTH = KEY_HEADS * HEAD,
    HIDDEN = 640,       /* numbers between the two halves of the feed-forward layer */
    CONTEXT = 1280,     /* positions a conversation can have */
};

#endif
