/** What logs and requests say that wrote them. */
export const CLIENT_VERSION = "0.1.0+snapfit";
