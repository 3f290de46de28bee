/** Sentences of the studio: every one in both languages, with values that it has, and said in the page's own. */
import { afterEach, describe, expect, it } from 'vitest';
import { said, sayings, SaidError } from '#contract/sayings';
import type { SayingCode } from '#contract/sayings';
import { TrainerLifeError } from '#contract/trainerLife';
import en from '../../resources/locales/en.json';
import zh from '../../resources/locales/zh.json';
import { CaptureError } from '../../src-main/capture/errors';
import { LabelError } from '../../src-main/labels/index';
import { LanguageError, ModelError } from '../../src-main/language/errors';
import { HubFailure } from '../../src-main/language/models/hubClient';
import { QuestionError } from '../../src-main/studio/session/asking';
import { ExpressionError, readQuestions } from '../../src-main/semantics/index';
import { describeFailure, PhotosError, ResumeError, sayingOf } from '../../src-main/training/failure';
import { setLanguage } from '../../src-renderer/language';
import { refusalWords } from '../../src-renderer/picture/failureWords';
import { isTranslated, reasonWords, sentence } from '../../src-renderer/sayings';

const codes = Object.keys(sayings) as SayingCode[];
const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);

afterEach(() => setLanguage('en'));

describe('what the studio says', () => {
  it.each(codes)('%s has words in both languages, of values that it has', (code) => {
    for (const words of [en, zh]) {
      const text: string | undefined = words[`said.${code}`];
      expect(text?.length).toBeGreaterThan(4);
      expect(placeholders(sayings[code])).toEqual(expect.arrayContaining(placeholders(text)));
    }
    expect(zh[`said.${code}`]).toMatch(/\p{Script=Han}/u);
    expect(placeholders(zh[`said.${code}`]).sort()).toEqual(placeholders(en[`said.${code}`]).sort());
  });

  it('is said on a page by no code that the studio lacks', () => {
    const told = Object.keys(en).flatMap((key) => (key.startsWith('said.') ? [key.slice('said.'.length)] : []));
    expect(told.filter((code) => !(codes as string[]).includes(code))).toEqual([]);
  });

  it('comes in English as it stands, and with its values in the language of the page', () => {
    const warning = said('pointsTooFar', { count: 1203 });
    expect(warning.message).toBe('sparse points left out because they lie too far away: 1203');
    setLanguage('zh');
    expect(sentence(warning)).toBe('略去的稀疏点（过远）：1,203 个。');
    expect(sentence({ message: 'images.bin: truncated', code: 'no-space' })).toBe('images.bin: truncated');
    expect(reasonWords({ reason: '', code: 'codebookNotMade' })).toBe('');
    expect(reasonWords({ reason: 'x', code: 'codebookNotMade' })).toBe('码本尚未生成。');
  });

  it.each([
    [new PhotosError(said('notTrainedOn', { photo: 'a.png' })), 'a.png 不在训练照片之中。'],
    [new ResumeError('/p', said('noCheckpoint')), '没有可继续的检查点。请重新训练。'],
    [new TrainerLifeError('finishing', 'pause'), '训练正在收尾，请稍候。'],
    [
      new CaptureError({ file: 'a.jpg', said: said('photoMissing', { file: 'a.jpg' }) }),
      '照片 a.jpg 不存在。请放回照片，或重新打开拍摄。',
    ],
    [new LanguageError('/p/codebook.safetensors', said('codebookMissing')), '还没有码本。请先学习词语。'],
  ])('stays what it was through %s', (error, words) => {
    const failure = describeFailure(error);
    expect(failure.message).toBe(error.message);
    setLanguage('zh');
    expect(refusalWords(failure)).toBe(words);
  });

  it.each([
    [new ModelError('/m/config.json', said('modelIncomplete', { files: 'x.onnx', remedy: 'run it' })), '缺少 x.onnx'],
    [new ModelError('/m/x.onnx', 'output is [1, 2]'), '模型有问题：/m/x.onnx: output is [1, 2]'],
    [new HubFailure(said('hubLacksIt', { address: 'https://h/m', status: '404' }), { transient: false }), '请检查名称'],
  ])('tells of a model what it is about: %s', (error, words) => {
    setLanguage('zh');
    expect(sentence(sayingOf(error))).toContain(words);
    expect(isTranslated(sayingOf(error))).toBe(true);
  });

  it('keeps its code through a question of several', () => {
    let mistake: unknown = null;
    try {
      readQuestions(['chair AND (']);
    } catch (error) {
      mistake = error;
    }
    if (!(mistake instanceof ExpressionError)) throw mistake;
    setLanguage('zh');
    expect(sentence(sayingOf(new QuestionError(1, mistake)))).toBe('末尾缺少词语。');
  });

  it('names no values where there are none, and takes errors of any kind', () => {
    expect(said('sceneClosed')).toEqual({ message: 'the scene was closed', code: 'sceneClosed' });
    expect(sayingOf('lost')).toEqual({ message: 'lost' });
    expect(sayingOf(new Error('x'))).toEqual({ message: 'x' });
    expect(isTranslated(new SaidError({ message: 'x' }))).toBe(false);
  });
});

describe('a project that another process has open', () => {
  it('is not taken for a class that is locked', () => {
    setLanguage('zh');
    const failure = { message: 'x', fault: 'input', code: 'locked' } as const;
    expect(refusalWords({ ...failure, kind: 'ProjectError' })).toBe(zh['refused.project.locked']);
    expect(refusalWords(describeFailure(new LabelError(said('classLocked', { name: '椅子' }))))).toBe(
      '“椅子”已锁定。请先解锁再修改。',
    );
  });
});
