const UNTRUSTED = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA)/;

/** Whether a code of node's errors means that the other side's certificate, or its encryption, cannot be trusted. */
export const isTlsCode = (code: string): boolean => UNTRUSTED.test(code);
