import { describe, expect, test } from 'vitest'
import { MASK, maskJson, maskSecrets } from './mask-secrets.ts'

const mask = (text: string) => maskSecrets(text).text

describe('JSON', () => {
  test.for([
    ['{"token":"abc"}', `{"token":"${MASK}"}`],
    ['{ "apiKey" : "abc", "name": "x" }', `{ "apiKey" : "${MASK}", "name": "x" }`],
    ['{"slack_webhook_url":"https://x/y"}', `{"slack_webhook_url":"${MASK}"}`],
    ['{"Authorization":"Bearer abc.def"}', `{"Authorization":"${MASK}"}`],
    ['{"password":"a\\"b"}', `{"password":"${MASK}"}`],
    ['{"password":123456}', `{"password":${MASK}}`],
    ['{"botToken": "abc", "chatId": "7"}', `{"botToken": "${MASK}", "chatId": "7"}`],
    ['{"tokens":["a1","b2"],"n":1}', `{"tokens":["${MASK}","${MASK}"],"n":1}`],
    ['{"credentials":{"user":"u","key":"k"}}', `{"credentials":{"user":"${MASK}","key":"${MASK}"}}`],
    ['{"clientSecret":\n  "abc"}', `{"clientSecret":\n  "${MASK}"}`],
    [String.raw`{"message":"{\"token\":\"abc\",\"n\":1}"}`, String.raw`{"message":"{\"token\":\"${MASK}\",\"n\":1}"}`],
  ])('%s', ([text, expected]) => expect(mask(text!)).toBe(expected))

  test.for([
    '{"tokens": 4096, "maxTokens": 8000, "token_count": 12}',
    '{"token": "", "secret": null, "password": false}',
    '{"tokenizer": "cl100k", "secretary": "Ann"}',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's way to name a variable
    '{"password": "${DB_PASSWORD}"}',
    '{"passed": "yes", "author": "me"}',
  ])('is left alone: %s', (text) => expect(maskSecrets(text)).toEqual({ text, masked: 0 }))
})

describe('values of JSON', () => {
  test('whatever stands under a secret name is masked, at any depth, and nothing else', () => {
    const value = {
      apiToken: 'abc',
      limits: { maxTokens: 8000 },
      passwords: ['a', 'b'],
      secret: { inner: 'x', on: true },
      note: 'password: hunter2',
    }
    expect(maskJson(value, 'config')).toEqual({
      value: {
        apiToken: MASK,
        limits: { maxTokens: 8000 },
        passwords: [MASK, MASK],
        secret: { inner: MASK, on: true },
        note: `password: ${MASK}`,
      },
      masked: 5,
    })
    expect(maskJson('abc', 'webhookSecret')).toEqual({ value: MASK, masked: 1 })
  })
})

describe('text', () => {
  test.for([
    ['API_TOKEN=abc123', `API_TOKEN=${MASK}`],
    ['export DB_PASSWORD="a b c" # x', `export DB_PASSWORD="${MASK}" # x`],
    ["secret: 'abc'", `secret: '${MASK}'`],
    ['password: hunter2, retrying', `password: ${MASK}, retrying`],
    ['Authorization: Bearer abcdefgh.ijk', `Authorization: ${MASK}`],
    ['got header bearer abcdefghij ok', `got header bearer ${MASK} ok`],
    ['curl --api-key abcdef https://x', `curl --api-key ${MASK} https://x`],
    ['GET /?access_token=abc&x=1', `GET /?access_token=${MASK}&x=1`],
    ['mongodb://admin:s3cret@db/x', `mongodb://admin:${MASK}@db/x`],
    ['https://hooks.slack.com/services/T0/B0/abcdef', `https://hooks.slack.com/services/${MASK}`],
    ['pushed with ghp_abcdefghijklmnopqrstuvwxyz0123 today', `pushed with ${MASK} today`],
    [
      '-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----',
      `-----BEGIN RSA PRIVATE KEY-----${MASK}-----END RSA PRIVATE KEY-----`,
    ],
  ])('%s', ([text, expected]) => expect(mask(text!)).toBe(expected))

  test('tokens that are counted stay readable', () => {
    const text = 'model=gpt tokens=1234 prompt_tokens: 99 total_tokens=1,333'
    expect(mask(text)).toBe(text)
  })

  test('line breaks and everything around stay where they are', () => {
    const text = 'one\r\ntoken=abc\r\nthree\n'
    expect(mask(text)).toBe(`one\r\ntoken=${MASK}\r\nthree\n`)
  })
})

describe('windows', () => {
  test('a value that the window cuts off is masked to the end', () => {
    expect(mask('{"a":1,"token":"abcdef')).toBe(`{"a":1,"token":"${MASK}`)
    expect(mask('x token=abc')).toBe(`x token=${MASK}`)
  })

  test('a window that starts inside a value knows from what stands before it', () => {
    const text = '{"a":1,"token":"abcdefghij","b":2}'
    for (let from = 0; from < text.length; from++) {
      const shown = maskSecrets(text, from).text
      expect(shown).not.toMatch(/[c-j]{2}/)
      expect(shown.endsWith('"b":2}') || text.length - from < 6).toBe(true)
    }
  })

  test('masking twice changes nothing', () => {
    const once = mask('{"token":"abc","x":"password=1234x"}')
    expect(mask(once)).toBe(once)
  })

  test.for([
    ['one endless word', 'a'.repeat(2_000_000)],
    ['words joined by dashes', 'a-'.repeat(1_000_000)],
    ['names without values', '"token" '.repeat(250_000)],
    ['open brackets', '"tokens":['.repeat(200_000)],
    ['escaped quotes', '\\"'.repeat(1_000_000)],
    ['spaces', `"token"${' '.repeat(2_000_000)}`],
  ] as const)('2 MB of %s do not make it run away', ([, text]) => {
    // Of this process's processor time: what else the machine does must not count.
    const before = process.cpuUsage()
    maskSecrets(text)
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1000).toBeLessThan(10_000)
  })
})
