/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the parameters of an SA to the transforms that rte_cryptodev and rte_ipsec take. Control
 * core; the keys are not copied.
 */
#include <errno.h>
#include <string.h>

#include "cryptodev.h"

static void
fill_aead(struct rte_crypto_sym_xform *x, const struct sa_params *prm, enum sa_dir dir)
{
	*x = (struct rte_crypto_sym_xform){ .type = RTE_CRYPTO_SYM_XFORM_AEAD };
	x->aead.op = dir == SA_DIR_OUT ? RTE_CRYPTO_AEAD_OP_ENCRYPT : RTE_CRYPTO_AEAD_OP_DECRYPT;
	x->aead.algo = prm->enc->aead;
	x->aead.key.data = prm->keys.enc;
	x->aead.key.length = (uint16_t)(prm->keys.enc_len - prm->enc->salt_len);
	x->aead.iv.offset = CD_IV_OFFSET;
	x->aead.iv.length = 12;
	x->aead.digest_length = prm->enc->icv_len;
	x->aead.aad_length = prm->esn ? 12 : 8;
}

static void
fill_cipher(struct rte_crypto_sym_xform *x, const struct sa_params *prm, enum sa_dir dir)
{
	*x = (struct rte_crypto_sym_xform){ .type = RTE_CRYPTO_SYM_XFORM_CIPHER };
	x->cipher.op = dir == SA_DIR_OUT ? RTE_CRYPTO_CIPHER_OP_ENCRYPT
					 : RTE_CRYPTO_CIPHER_OP_DECRYPT;
	x->cipher.iv.offset = CD_IV_OFFSET;
	x->cipher.algo = RTE_CRYPTO_CIPHER_NULL;
	if (prm->enc == NULL || prm->enc->cipher == RTE_CRYPTO_CIPHER_NULL)
		return; /* setkey(8) takes a key for null and ignores it */
	x->cipher.algo = prm->enc->cipher;
	x->cipher.key.data = prm->keys.enc;
	x->cipher.key.length = (uint16_t)(prm->keys.enc_len - prm->enc->salt_len);
	/* CTR: nonce, IV and counter make one block */
	x->cipher.iv.length = prm->enc->salt_len != 0 ? 16 : prm->enc->iv_len;
}

static void
fill_auth(struct rte_crypto_sym_xform *x, const struct sa_params *prm, enum sa_dir dir)
{
	*x = (struct rte_crypto_sym_xform){ .type = RTE_CRYPTO_SYM_XFORM_AUTH };
	x->auth.op = dir == SA_DIR_OUT ? RTE_CRYPTO_AUTH_OP_GENERATE : RTE_CRYPTO_AUTH_OP_VERIFY;
	x->auth.algo = RTE_CRYPTO_AUTH_NULL;
	if (prm->auth == NULL || prm->auth->auth == RTE_CRYPTO_AUTH_NULL)
		return;
	x->auth.algo = prm->auth->auth;
	x->auth.key.data = prm->keys.auth;
	x->auth.key.length = (uint16_t)(prm->keys.auth_len - prm->auth->salt_len);
	x->auth.digest_length = prm->auth->icv_len;
	if (prm->auth->iv_len != 0) { /* GMAC */
		x->auth.iv.offset = CD_IV_OFFSET;
		x->auth.iv.length = 12;
	}
}

int
cd_xform_fill(struct cd_xform *xf, const struct sa_params *prm, enum sa_dir dir, struct err *err)
{
	memset(xf, 0, sizeof(*xf));
	xf->first = &xf->x[0];
	if (prm->enc != NULL && prm->enc->kind == ALG_AEAD) {
		fill_aead(&xf->x[0], prm, dir);
		return 0;
	}
	if (prm->auth != NULL && prm->auth->auth == RTE_CRYPTO_AUTH_AES_GMAC) {
		/*
		 * the library puts the upper half at the end, RFC 4543 (3.3) wants it in the middle
		 */
		if (prm->esn)
			return err_set(err, ENOTSUP,
					"sa %s spi %u: aes-gmac with extended sequence numbers is "
					"not supported (aes-gmac without, or aes-gcm-16)",
					ip_str(&prm->dst), prm->spi);
		fill_auth(&xf->x[0], prm, dir);
		return 0;
	}
	/* rte_ipsec wants them in the order in which they are done */
	if (dir == SA_DIR_OUT) {
		fill_cipher(&xf->x[0], prm, dir);
		fill_auth(&xf->x[1], prm, dir);
	} else {
		fill_auth(&xf->x[0], prm, dir);
		fill_cipher(&xf->x[1], prm, dir);
	}
	xf->x[0].next = &xf->x[1];
	return 0;
}
