from kit import heads
