// Plays every method of bmerch 0.0.8 against the simulator: an order, the certificates, and a notification that it verifies.
//
// Usage: node bmerch.mjs BASE_URL KEY SECRET
//
// Nothing in it is patched: its constructor takes axios' `baseURL`.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { randomBytes } from 'node:crypto'

import { BinanceMerch } from 'bmerch'

const [baseURL, key, secret] = process.argv.slice(2)
const merchant = new BinanceMerch(key, secret, { baseURL, timeout: 10_000 })

const order = {
  env: { terminalType: 'APP' },
  merchantTradeNo: randomBytes(16).toString('hex'),
  orderAmount: '5.00',
  currency: 'USDT',
  goods: { goodsType: '02', goodsCategory: 'Z000', referenceGoodsId: 'month', goodsName: 'One month' },
  buyer: { referenceBuyerId: '1', buyerName: { firstName: 'Ada', lastName: 'Lovelace' } },
}
const created = (await merchant.createOrder(order)).data
assert.equal(created.status, 'SUCCESS', JSON.stringify(created))
for (const name of ['prepayId', 'qrcodeLink', 'qrContent', 'checkoutUrl', 'deeplink', 'universalUrl']) {
  assert.equal(typeof created.data[name], 'string', name)
}
console.log('createOrder: done')

const certificates = (await merchant.getCertificates()).data
assert.equal(certificates.data.length, 1, JSON.stringify(certificates))
console.log('getCertificates: done')

// bmerch takes the headers of Node's own server, whose names are in lower case.
const callback = createServer().listen(0, '127.0.0.1')
await once(callback, 'listening')
const arrived = once(callback, 'request').then(async ([request, response]) => {
  const parts = []
  for await (const part of request) parts.push(part)
  response.setHeader('content-type', 'application/json')
  response.end('{"returnCode":"SUCCESS","returnMessage":null}')
  return { headers: request.headers, body: Buffer.concat(parts).toString() }
})
const url = `http://127.0.0.1:${callback.address().port}/callback`
const paid = { ...order, merchantTradeNo: randomBytes(16).toString('hex'), webhookUrl: url }
await merchant.createOrder(paid)
const pay = await fetch(`${baseURL}/sandbox/orders/${paid.merchantTradeNo}/pay`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{}',
})
assert.equal(pay.status, 200, await pay.text())
const { headers, body } = await arrived
callback.close()
assert.equal(JSON.parse(JSON.parse(body).data).merchantTradeNo, paid.merchantTradeNo)
assert.equal(await merchant.isValidWebhookRequest(headers, body), true)
assert.equal(await merchant.isValidWebhookRequest(headers, body.replace('PAY_SUCCESS', 'PAY_CLOSED')), false)
console.log('isValidWebhookRequest: done')
