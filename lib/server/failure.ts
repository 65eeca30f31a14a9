import { ZodError } from 'zod'
import { AppError, type ErrorCode, toAppError } from '#lib/base/errors.ts'
import type { ErrorBody } from '#lib/contracts/common.ts'
import { HTTP_STATUS } from './http-status.ts'

/** Any thrown value as an AppError; a failed parse becomes `invalid_input` naming the field. */
export function toFailure(error: unknown): AppError {
  if (!(error instanceof ZodError)) return toAppError(error)
  const issue = error.issues[0]
  const field = issue?.path.join('.') || 'input'
  return new AppError('invalid_input', {
    message: `${field}: ${issue?.message ?? 'is not valid'}.`,
    hint: 'See /api/v1/openapi.json for what is accepted.',
  })
}

/** The one error shape. Internal errors are logged here and told without detail. */
export function toErrorBody(error: unknown): { body: ErrorBody; status: number } {
  const failure = toFailure(error)
  const status = HTTP_STATUS[failure.code as ErrorCode] ?? 500
  if (failure.code === 'internal') {
    console.error(failure.cause ?? failure)
    return {
      body: {
        type: 'error',
        code: 'internal',
        message: 'The console met an error it did not expect.',
        hint: 'The server log has the details.',
      },
      status,
    }
  }
  return { body: { type: 'error', code: failure.code, message: failure.message, hint: failure.hint }, status }
}
