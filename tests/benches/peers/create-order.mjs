#!/usr/bin/env node
// The work of create-order in JavaScript, by AWS's SDK and fetch: `make bench PEERS=1` measures it beside the function.
//
// It does what the function does for the order that the bench makes, and no more: of all that can go wrong, only that it is seen.

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb'

const { env } = process
const WAYS_TO_PAY = ['checkoutUrl', 'qrcodeLink', 'qrContent', 'deeplink', 'universalUrl']

const manager = new SecretsManagerClient()
const secret = async (setting) => {
  const answer = await manager.send(new GetSecretValueCommand({ SecretId: env[setting] }))
  return JSON.parse(answer.SecretString)
}
const table = DynamoDBDocumentClient.from(new DynamoDBClient())
const [credentials, callers] = await Promise.all([secret('SECRETS_ID'), secret('CALLER_KEYS_ID')])

const sha256 = (text) => createHash('sha256').update(text).digest()
const isCaller = (key) => callers.appApiKeys.some((known) => timingSafeEqual(sha256(key), sha256(known)))

/** What is asked for; nothing if it is no order. */
function read(body) {
  const asked = JSON.parse(body)
  const isOrder =
    asked.transactionType === 'PAY' &&
    asked.fiat === 'USD' &&
    asked.price > 0 &&
    asked.price <= 10_000 &&
    asked.callbackUrl.startsWith('https://') &&
    (asked.description ?? '').length <= 256
  return isOrder ? { ...asked, price: asked.price.toFixed(2), terminalType: 'WEB' } : undefined
}

async function openCheckout(orderId, request) {
  const body = JSON.stringify({
    env: { terminalType: request.terminalType },
    merchantTradeNo: `${orderId}01`,
    fiatAmount: Number(request.price),
    fiatCurrency: request.fiat,
    description: request.description,
    goodsDetails: [
      { goodsType: '02', goodsCategory: 'Z000', referenceGoodsId: orderId, goodsName: 'LeadsCalendar' },
    ],
    returnUrl: request.returnUrl,
    webhookUrl: env.CALLBACK_URL,
    passThroughInfo: JSON.stringify({ orderId, reference: request.reference }),
  })
  const timestamp = Date.now()
  const nonce = randomBytes(16).toString('hex')
  const signature = createHmac('sha512', credentials.binanceApiSecret)
    .update(`${timestamp}\n${nonce}\n${body}\n`)
    .digest('hex')
    .toUpperCase()
  const response = await fetch(`${env.BINANCE_BASE_URL}/binancepay/openapi/v3/order`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'BinancePay-Timestamp': timestamp,
      'BinancePay-Nonce': nonce,
      'BinancePay-Certificate-SN': credentials.binanceApiKey,
      'BinancePay-Signature': signature,
    },
    body,
    signal: AbortSignal.timeout(8_000),
  })
  const answer = await response.json()
  if (answer.status !== 'SUCCESS') throw new Error(`Binance refuses the order: ${answer.code}`)
  return answer.data
}

const rfc3339 = (atMs) => new Date(atMs).toISOString()
const pick = (from, names) => Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]]))

function view(order) {
  const [{ terms, checkout }] = order.attempts
  const { request } = order
  return {
    orderId: order.orderId,
    revision: order.confirmation.revision,
    status: order.status,
    livemode: order.livemode,
    transactionType: request.transactionType,
    fiat: request.fiat,
    price: request.price,
    merchantTradeNo: `${order.orderId}01`,
    ...terms,
    ...pick(checkout, WAYS_TO_PAY),
    callbackUrl: request.callbackUrl,
    reference: request.reference,
    createdAt: rfc3339(order.createdAtMs),
    expiresAt: rfc3339(checkout.expireTime),
    paidAt: null,
    payments: [],
    refunds: [],
  }
}

function put(order, condition) {
  return table.send(new PutCommand({ TableName: env.ORDERS_TABLE, Item: order, ...condition }))
}

async function createOrder(event) {
  if (!isCaller(event.headers['x-mbx-apikey'] ?? '')) return answer(401, { code: 'INVALID_API_KEY' })
  const request = read(event.body)
  if (!request) return answer(400, { code: 'INVALID_PARAMETER' })

  const orderId = randomBytes(15).toString('hex')
  const nowMs = Date.now()
  const revision = Math.floor(nowMs / 1000)
  const dueAt = nowMs + 120_000
  const order = {
    orderId,
    version: 1,
    status: 'CREATED',
    livemode: false,
    reference: request.reference,
    request,
    attempts: [{ startedAtMs: nowMs }],
    confirmation: { revision, confirmedRevision: revision, attempts: 0 },
    history: [{ atMs: nowMs, cause: 'request', status: 'CREATED' }],
    createdAtMs: nowMs,
    askAtMs: dueAt,
    dueAt,
    dueShard: parseInt(orderId.at(-1), 16) % 8,
  }
  // Before Binance hears of it.
  await put(order, { ConditionExpression: 'attribute_not_exists(orderId)' })

  const created = await openCheckout(orderId, request)
  const terms = pick(created, ['prepayId', 'totalFee', 'currency'])
  const checkout = pick(created, [...WAYS_TO_PAY, 'expireTime'])
  order.attempts = [{ startedAtMs: nowMs, terms, checkout }]
  order.history.push({ atMs: nowMs, cause: 'checkout opened', status: 'PENDING' })
  Object.assign(order, { version: 2, status: 'PENDING' })
  await put(order, {
    ConditionExpression: '#version = :read',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':read': 1 },
  })

  console.log(JSON.stringify({ level: 'INFO', message: `order ${orderId} answered`, 'order.id': orderId }))
  return answer(201, view(order), { location: `/orders/${orderId}` })
}

function answer(statusCode, body, headers = {}) {
  const all = { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers }
  return { statusCode, headers: all, body: JSON.stringify(body), isBase64Encoded: false }
}

// What Lambda's own runtime does for a handler.
const invocations = `http://${env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`
const post = async (path, body, headers = {}) => {
  const response = await fetch(`${invocations}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  await response.arrayBuffer()
}
for (;;) {
  const next = await fetch(`${invocations}/next`)
  const requestId = next.headers.get('lambda-runtime-aws-request-id')
  const event = await next.json()
  try {
    await post(`${requestId}/response`, await createOrder(event))
  } catch (error) {
    const told = { errorType: error.name, errorMessage: error.message }
    await post(`${requestId}/error`, told, { 'lambda-runtime-function-error-type': error.name })
  }
}
